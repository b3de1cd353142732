import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesYolov7Options } from "../options.ts";
import { assignTargets, gatherCells, type LossTensors, layoutOf, type Target } from "./yolov7/assign-targets.ts";
import { boxesOfCells, completeIou, numberAt, overlapOf } from "./yolov7/cell-boxes.ts";
import { finestStride, gainsOf } from "./yolov7/gains.ts";
import { type Prepared, prepareBatch, preparedSpecs } from "./yolov7/prepare-batch.ts";

/** Cross-entropy of sigmoids, by element: softplus(logit) − target · logit. */
function crossEntropy(tf: Tf, logits: Tensor, targets: Tensor): Tensor {
  return tf.sub(tf.softplus(logits), tf.mul(targets, logits));
}

/**
 * The loss of YOLOv7: box · Σ mean(1 − CIoU) + objectness · Σ balance · mean BCE(objectness, CIoU) + class · Σ mean
 * BCE(classes), sums over three levels, means over the matches or cells of the batch. Boxes claim cells by their shape
 * (`assign: anchor`), or of those by cost (`assign: simota`); a cell that several claim has the objectness of the last.
 *
 * This is the published value without its factor of the batch size. One class has no class term. Without a box, or a
 * match at a level, what has nothing to compare is 0.
 *
 * Told beside it, of a step: the three sums before their gains, and how many matches there were.
 *
 * Inputs: `studentP3`, `studentP4`, `studentP5` of kind `cells`, `[batch, height, width, anchors · (5 + classes)]`;
 * `boxes` `[batch, capacity, 6]`.
 *
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696, and its published code
 */
export const yolov7: ProviderOf<"losses"> = defineLoss({
  id: "yolov7",
  summary: "boxes, objectness and classes of cells, as YOLOv7 is trained",
  reference: "arXiv:2207.02696",
  cacheVersion: 1,
  needs: ["studentP3", "studentP4", "studentP5", "boxes"],
  create: (options: LossesYolov7Options, { tf }) => ({
    told: ["box", "class", "objectness", "positives"],
    prepared: preparedSpecs,
    prepare: (batch, _rng, outputs) => prepareBatch(batch, outputs),
    targets: (inputs) => assignTargets(tf, inputs as unknown as LossTensors, options.assign),
    compute(given, _scalars, _parts, tell) {
      const inputs = given as unknown as LossTensors & Readonly<Record<Target | Prepared, Tensor>>;
      const { all, candidates } = gatherCells(tf, inputs);
      const { numbers } = layoutOf(inputs);
      const [, rows = 0, columns = 0] = inputs.studentP3.shape;
      const gains = gainsOf(options, numbers - 5, rows * columns * finestStride ** 2);

      const [x, y, width, height] = [0, 1, 2, 3].map((place) => numberAt(tf, inputs.truthBoxes, place)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const overlap = overlapOf(tf, boxesOfCells(tf, candidates, inputs.places), { x, y, width, height });
      const iou = completeIou(tf, overlap, inputs.ratioWeights);
      const box = tf.sum(tf.mul(tf.sub(1, iou), inputs.weights)) as Scalar;
      const objects = crossEntropy(tf, numberAt(tf, all, 4), inputs.objectness);
      const objectness = tf.sum(tf.mul(objects, inputs.objectWeights)) as Scalar;
      const classes = numbers > 6 ? classTerm(tf, candidates, inputs) : tf.scalar(0);
      const parts = { box, class: classes, objectness };
      for (const [name, value] of Object.entries(parts)) tell?.(name, value);
      tell?.("positives", tf.sum(tf.cast(tf.greater(inputs.weights, 0), "float32")) as Scalar);
      const terms = [tf.mul(box, gains.box), tf.mul(objectness, gains.objectness)];
      if (numbers > 6) terms.push(tf.mul(classes, gains.class));
      return tf.addN(terms) as Scalar;
    },
  }),
});

function classTerm(tf: Tf, candidates: Tensor, { classTargets, weights }: Record<Target, Tensor>): Scalar {
  const [batch = 0, count = 0, classes = 0] = classTargets.shape;
  const logits = tf.slice(candidates, [0, 0, 5], [batch, count, classes]);
  return tf.sum(tf.mul(tf.mean(crossEntropy(tf, logits, classTargets), -1), weights)) as Scalar;
}
