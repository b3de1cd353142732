import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesBoxSoftOptions } from "../options.ts";
import { objectWeights } from "./teacher-boxes/object-weights.ts";
import { prepareSoftBoxes, type SoftPrepared, softSpecs } from "./teacher-boxes/soft-boxes.ts";
import { crossEntropy, knownClassEntropy } from "./teacher-boxes/soft-terms.ts";
import {
  gatherCells,
  type LossTensors,
  layoutOf,
  matchCandidates,
  shareByLevel,
  stackBoxes,
  toCells,
  unstackBoxes,
} from "./yolov7/assign-targets.ts";
import { boxesOfCells, completeIou, numberAt, overlapOf } from "./yolov7/cell-boxes.ts";
import { areaOf, gainsOf } from "./yolov7/gains.ts";

type Target = "truthBoxes" | "ratioWeights" | "weights" | "classTargets" | "objectness" | "objectWeights";
type Given = Omit<LossTensors, "boxes"> & Readonly<Record<SoftPrepared | "teacherRows" | "teacherKnown", Tensor>>;

/**
 * A teacher's boxes after suppression as soft targets, given to the student's cells by the student's own assignment, so
 * that any detector may teach any other: no anchors and no cells of the teacher's play a part.
 *
 * box · Σ s (1 − CIoU) / Σ s + class · Σ s BCE(classes, q) / Σ s + objectness · Σ balance · mean BCE(objectness, o · CIoU),
 * sums over the matches of each level: s is the teacher's score of the box, q its class probabilities, o its objectness;
 * the gains are those of the loss `yolov7`. Of several boxes that want a cell the surest tells its objectness. Classes that the teacher does not know have no gradient, nor have cells that no box claims unless
 * `background: zero` says so.
 *
 * `hardScore` takes boxes that score as much for the truth (s, o and the best class's q are 1), and the places of those
 * between it and `minScore` for neither targets nor background: pseudo-labels, to compare soft ones with.
 *
 * Inputs: `studentP3`, `studentP4`, `studentP5` of kind `cells`, `[batch, height, width, anchors · (5 + classes)]`;
 * `teacherRows` `[batch, rows, 6 + classes]` and `teacherKnown` `[classes]`, from `softLabels: detections`.
 *
 * @see Chen et al. (2017), "Learning Efficient Object Detection Models with Knowledge Distillation", NeurIPS, §3, for
 *   soft classes and boxes; the assignment is that of Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696
 */
export const boxSoft: ProviderOf<"losses"> = defineLoss({
  id: "box-soft",
  summary: "a teacher's boxes after suppression as soft targets of the student's own cells",
  reference: "arXiv:2207.02696",
  cacheVersion: 3,
  matches: "the teacher's boxes after suppression, at the cells that the student's own assignment gives them",
  needs: ["studentP3", "studentP4", "studentP5", "teacherRows", "teacherKnown"],
  create: (options: LossesBoxSoftOptions, { tf }) => ({
    prepared: (shapes, outputs) => softSpecs(options, shapes, outputs),
    prepare: (batch, _rng, outputs) => prepareSoftBoxes(options, batch, outputs),
    targets: (inputs) => softTargets(tf, inputs as unknown as Given, options),
    compute(given) {
      const inputs = { ...given, boxes: given["softBoxes"] } as unknown as LossTensors & Given & Record<Target, Tensor>;
      const { all, candidates } = gatherCells(tf, inputs);
      const { numbers } = layoutOf(inputs);
      const gains = gainsOf(options, numbers - 5, areaOf(inputs.studentP3.shape));
      const overlap = overlapOf(tf, boxesOfCells(tf, candidates, inputs.places), unstackBoxes(tf, inputs.truthBoxes));
      const iou = completeIou(tf, overlap, inputs.ratioWeights);
      const objects = crossEntropy(tf, numberAt(tf, all, 4), inputs.objectness);
      const terms = [
        tf.mul(tf.sum(tf.mul(tf.sub(1, iou), inputs.weights)), gains.box),
        tf.mul(tf.sum(tf.mul(objects, inputs.objectWeights)), gains.objectness),
      ];
      if (numbers > 6) {
        const entropy = knownClassEntropy(tf, candidates, inputs.classTargets, inputs.teacherKnown);
        terms.push(tf.mul(tf.sum(tf.mul(entropy, inputs.weights)), gains.class));
      }
      return tf.addN(terms) as Scalar;
    },
  }),
});

/** As those of the loss `yolov7`; weights are times the teacher's score, objectness times the teacher's. */
function softTargets(
  tf: Tf,
  given: Given,
  { assign, background }: Pick<LossesBoxSoftOptions, "assign" | "background">,
): Record<Target, Tensor> {
  const inputs: LossTensors = { ...given, boxes: given.softBoxes };
  const { batch, levels } = layoutOf(inputs);
  const { matched, places, truths, truthBoxes, ratioWeights, iou, claims } = matchCandidates(tf, inputs, assign);
  const [, boxCount = 0, classCount = 0] = given.softClasses.shape;
  const classes = tf.gather(tf.reshape(given.softClasses, [batch * boxCount, classCount]), places);
  const objects = tf.gather(tf.reshape(given.softObjects, [batch * boxCount]), places);
  const scores = tf.mul(matched, tf.relu(numberAt(tf, truths, 5)));
  return {
    truthBoxes: stackBoxes(tf, truthBoxes),
    ratioWeights,
    weights: shareByLevel(tf, scores, numberAt(tf, inputs.places, 5), levels.length),
    classTargets: classes, // [batch, candidates, classes]
    objectness: toCells(tf, inputs, tf.mul(tf.mul(iou, objects), claims)),
    objectWeights: objectWeights(tf, {
      claimed: toCells(tf, inputs, claims),
      open: tf.cast(inputs.open, "float32"),
      known: given.teacherKnown,
      background,
      levels,
    }),
  };
}
