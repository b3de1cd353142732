import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesObjectnessScaledOptions } from "../options.ts";
import { type Claims, claimCells, claimSpecs } from "./teacher-boxes/claimed-cells.ts";
import { objectWeights } from "./teacher-boxes/object-weights.ts";
import { crossEntropy, knownClassEntropy } from "./teacher-boxes/soft-terms.ts";
import {
  type CellInput,
  gatherCells,
  layoutOf,
  stackBoxes,
  toCells,
  truthsFromCells,
  unstackBoxes,
} from "./yolov7/assign-targets.ts";
import { boxesOfCells, type CellBoxes, completeIou, numberAt, overlapOf, ratioWeight } from "./yolov7/cell-boxes.ts";
import { areaOf, gainsOf } from "./yolov7/gains.ts";

type Target = "truthBoxes" | "ratioWeights" | "weights" | "objectness" | "objectWeights";
type Given = Readonly<Record<CellInput | Claims | "teacherKnown", Tensor>>;

/**
 * A teacher's rows, each at the student's cell that is nearest to its place and shape, scaled by the teacher's
 * objectness so that background is not imitated: with o the objectness, q the class probabilities and b the box of a
 * row, and sums over the rows that have a cell,
 *
 * box · Σ o (1 − CIoU(b)) / Σ o + class · Σ o BCE(classes, q) / Σ o + objectness · Σ balance · mean BCE(objectness, o)
 *
 * The published codes take means over all cells in place of sums over Σ o, and multiply by 10 to 1 000. Boxes are
 * compared decoded, so that anchors may differ; `boxLoss: l1` takes differences of places and sides over the sides of
 * the teacher's box, mean of four. Classes that the teacher does not know have no gradient, nor have cells that no row
 * has claimed unless `background: zero` says so.
 *
 * Inputs: `studentP3`, `studentP4`, `studentP5` of kind `cells`, `[batch, height, width, anchors · (5 + classes)]`;
 * `teacherRows` `[batch, rows, 6 + classes]` and `teacherKnown` `[classes]`, from `softLabels: detections`.
 *
 * @see Mehta, Ozturk (2018), "Object detection at 200 Frames Per Second", arXiv:1805.06361, eq. 3 to 5
 */
export const objectnessScaled: ProviderOf<"losses"> = defineLoss({
  id: "objectness-scaled",
  summary: "a teacher's boxes, classes and objectness at the student's cells, scaled by the teacher's objectness",
  reference: "arXiv:1805.06361",
  cacheVersion: 2,
  matches: "the teacher's decoded boxes, each at the student's cell of the nearest place and shape",
  needs: ["studentP3", "studentP4", "studentP5", "teacherRows", "teacherKnown"],
  create: (options: LossesObjectnessScaledOptions, { tf }) => ({
    prepared: claimSpecs,
    prepare: (batch, _rng, outputs) => claimCells(batch, outputs),
    targets: (inputs) => scaledTargets(tf, inputs as unknown as Given, options.background),
    compute(given) {
      const inputs = given as unknown as Given & Record<Target, Tensor>;
      const { all, candidates } = gatherCells(tf, inputs);
      const classCount = inputs.classes.shape[2] ?? 0;
      const gains = gainsOf(options, classCount, areaOf(inputs.studentP3.shape));
      const own = boxesOfCells(tf, candidates, inputs.places);
      const truth = unstackBoxes(tf, inputs.truthBoxes);
      const apart =
        options.boxLoss === "l1"
          ? sideDistance(tf, own, truth)
          : tf.sub(1, completeIou(tf, overlapOf(tf, own, truth), inputs.ratioWeights));
      const logits = numberAt(tf, all, 4);
      const objects =
        options.objectnessLoss === "mse"
          ? tf.squaredDifference(tf.sigmoid(logits), inputs.objectness)
          : crossEntropy(tf, logits, inputs.objectness);
      const terms = [
        tf.mul(tf.sum(tf.mul(apart, inputs.weights)), gains.box),
        tf.mul(tf.sum(tf.mul(objects, inputs.objectWeights)), gains.objectness),
      ];
      if (classCount > 1) {
        const entropy = knownClassEntropy(tf, candidates, inputs.classes, inputs.teacherKnown);
        terms.push(tf.mul(tf.sum(tf.mul(entropy, inputs.weights)), gains.class));
      }
      return tf.addN(terms) as Scalar;
    },
  }),
});

/** (|Δx| + |Δwidth|) / 4 width + (|Δy| + |Δheight|) / 4 height, the sides those of the teacher's box. */
function sideDistance(tf: Tf, own: CellBoxes, truth: CellBoxes): Tensor {
  const axis = (place: Tensor, side: Tensor, truePlace: Tensor, trueSide: Tensor): Tensor =>
    tf.div(tf.add(tf.abs(tf.sub(place, truePlace)), tf.abs(tf.sub(side, trueSide))), tf.mul(trueSide, 4));
  return tf.add(axis(own.x, own.width, truth.x, truth.width), axis(own.y, own.height, truth.y, truth.height));
}

function scaledTargets(
  tf: Tf,
  inputs: Given,
  background: LossesObjectnessScaledOptions["background"],
): Record<Target, Tensor> {
  const { candidates } = gatherCells(tf, inputs);
  const { levels } = layoutOf(inputs);
  const { claims, places, open } = inputs;
  const claimed = numberAt(tf, claims, 0);
  const objectness = numberAt(tf, claims, 5);
  const truth = truthsFromCells(tf, claims, places, claimed);
  const overlap = overlapOf(tf, boxesOfCells(tf, candidates, places), truth);
  return {
    truthBoxes: stackBoxes(tf, truth),
    ratioWeights: ratioWeight(tf, overlap),
    weights: tf.div(objectness, tf.maximum(tf.sum(objectness), 1)),
    objectness: toCells(tf, inputs, objectness),
    objectWeights: objectWeights(tf, {
      claimed: tf.sub(1, tf.cast(open, "float32")),
      known: inputs.teacherKnown,
      background,
      levels,
    }),
  };
}
