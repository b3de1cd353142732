import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf } from "../../core/index.ts";
import { maskInputs, scoreMap } from "./feature-masks/box-masks.ts";

/** A batch without boxes has no weight at all. */
const leastWeight = 1e-9;

/**
 * Squared differences of a detector's features, weighted by a teacher's class scores:
 * Σ w (fS − fT)² / (C · Σ w), sums over the batch, w of a place the score of the surest stored box that covers it, and 0
 * where none does. fS are the student's features as an adapter makes them. Nothing flows to the teacher.
 *
 * The published code takes w from the scores of the teacher's own cells; stored boxes do not say which cell they came
 * from, so that all that they cover have their score.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]`; `teacherRows`
 * `[batch, rows, 6 + classes]`, from `softLabels: detections`.
 *
 * @see Ultralytics (2026), "Knowledge distillation", the weighted distance of features at the heads' inputs
 */
export const scoreL2: ProviderOf<"losses"> = defineLoss({
  id: "score-l2",
  summary: "squared distance of a detector's features, weighted by the teacher's class scores",
  cacheVersion: 1,
  matches: "features at the taps that `at` names, weighted by the scores of the teacher's stored boxes there",
  needs: ["studentFeatures", "teacherFeatures", ...maskInputs["teacher-score"]],
  adapts: true,
  create(_options: object, { tf, detach }) {
    let grid: readonly number[] = [];
    return {
      prepared(shapes) {
        grid = shapes["studentFeatures"] ?? [];
        const [height = 1, width = 1] = grid;
        return { scores: { shape: [height, width, 1], dtype: "float32" } };
      },
      prepare: (batch, _rng, outputs) => ({ scores: scoreMap(batch, grid, outputs) }),
      compute(given) {
        const { studentFeatures, teacherFeatures, scores } = given as Readonly<
          Record<"studentFeatures" | "teacherFeatures" | "scores", Tensor>
        >;
        const apart = tf.squaredDifference(studentFeatures, detach(teacherFeatures));
        const weight = tf.mul(tf.sum(scores), studentFeatures.shape.at(-1) ?? 1);
        return tf.div(tf.sum(tf.mul(apart, scores)), tf.maximum(weight, leastWeight));
      },
    };
  },
});
