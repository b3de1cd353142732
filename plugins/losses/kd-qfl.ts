import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesKdQflOptions } from "../options.ts";
import { type Claims, claimCells, claimSpecs } from "./teacher-boxes/claimed-cells.ts";
import { qualityFocal } from "./teacher-boxes/quality-focal.ts";
import { type CellInput, gatherCells } from "./yolov7/assign-targets.ts";
import { numberAt } from "./yolov7/cell-boxes.ts";

type Target = "scores" | "weights" | "emptyWeights";
type Given = Readonly<Record<CellInput | Claims | "teacherKnown", Tensor>>;

/**
 * Quality focal loss on a teacher's class scores: with s = σ(objectness) · σ(class) the student's score of a class at a
 * cell, and t the teacher's, objectness times probability, of the row that claims the cell,
 *
 * Σ |s − t|^β · BCE(s, t) / Σ max t
 *
 * The first sum is over the claimed cells and the classes that the teacher knows, the second over the claimed cells, and
 * counts as 1 at least. Each row claims the cell that is nearest to its place and shape, as in `objectness-scaled`. With
 * `background: zero` cells that no row claims have t = 0, where the teacher knows every class. Of a student of one class
 * s is its objectness alone. Boxes are not compared: take `box-soft` beside it.
 *
 * The published codes compare the scores of heads without objectness, cell by cell; the score of a head with it is the
 * product.
 *
 * Inputs: `studentP3`, `studentP4`, `studentP5` of kind `cells`, `[batch, height, width, anchors · (5 + classes)]`;
 * `teacherRows` `[batch, rows, 6 + classes]` and `teacherKnown` `[classes]`, from `softLabels: detections`.
 *
 * @see Li, Wang, Wu, Chen, Hu, Li, Tang, Yang (2020), "Generalized Focal Loss", arXiv:2006.04388, equation 2; for scores of
 *   a teacher as its targets Wang, Chen, Zheng, Li, Cheng, Hou (2024), "CrossKD", arXiv:2306.11369
 */
export const kdQfl: ProviderOf<"losses"> = defineLoss({
  id: "kd-qfl",
  summary: "a teacher's class scores at the student's cells by quality focal loss",
  reference: "arXiv:2006.04388",
  cacheVersion: 1,
  matches:
    "the teacher's class scores, each row at the student's cell of the nearest place and shape; boxes are not compared",
  needs: ["studentP3", "studentP4", "studentP5", "teacherRows", "teacherKnown"],
  create: ({ beta, background }: LossesKdQflOptions, { tf }) => ({
    prepared: claimSpecs,
    prepare: (batch, _rng, outputs) => claimCells(batch, outputs),
    targets: (inputs) => scoreTargets(tf, inputs as unknown as Given, background),
    compute(given) {
      const inputs = given as unknown as Given & Record<Target, Tensor>;
      const { all, candidates } = gatherCells(tf, inputs);
      const claimed: Scalar = tf.sum(tf.mul(qualityFocal(tf, candidates, inputs.scores, beta), inputs.weights));
      if (background === "ignore") return claimed;
      const empty = qualityFocal(tf, all, tf.zeros([1, 1, 1]), beta);
      return tf.add<Scalar>(claimed, tf.sum(tf.mul(empty, inputs.emptyWeights)));
    },
  }),
});

/**
 * - `scores` `[batch, top, classes]`: t
 * - `weights` `[batch, top, classes]`: 1 / Σ max t, 0 for rows without a cell and for unknown classes
 * - `emptyWeights` `[batch, cells, 1]`: the same for cells that hold nothing
 */
function scoreTargets(
  tf: Tf,
  { claims, classes, open, teacherKnown: known }: Given,
  background: LossesKdQflOptions["background"],
): Record<Target, Tensor> {
  const claimed = tf.expandDims(numberAt(tf, claims, 0), -1);
  const scores = tf.mul(tf.mul(classes, tf.expandDims(numberAt(tf, claims, 5), -1)), claimed);
  const total = tf.maximum(tf.sum(tf.max(tf.mul(scores, known), -1)), 1);
  const empty = tf.mul(tf.cast(open, "float32"), background === "zero" ? tf.min(known) : tf.scalar(0));
  return {
    scores,
    weights: tf.div(tf.mul(claimed, known), total),
    emptyWeights: tf.expandDims(tf.div(empty, total), -1),
  };
}
