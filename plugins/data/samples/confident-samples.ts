import { KdflowError, type SoftLabels, type StageContext } from "../../../core/index.ts";
import { selectClasses } from "../../tasks/classification/class-selection.ts";
import { softmax } from "../../tasks/classification/rows.ts";
import { rowWidth } from "../../tasks/outputs/answer-rows.ts";

/** Samples that are looked at together. */
const chunkSize = 4096;

export interface ConfidentRequest {
  /** Least top probability. */
  readonly minScore: number;
  readonly context: Pick<StageContext, "signal" | "progress">;
}

/** Samples by their place in the train split, and the class of each. */
export interface ConfidentSamples {
  readonly indices: number[];
  readonly labels: number[];
}

/**
 * Finds the samples whose top probability, at temperature 1 and as the mean over their views, reaches `minScore`.
 *
 * @param classNames what the soft labels' classes are called
 * @throws KDF_INPUT_EMPTY naming the best score where none does
 */
export async function confidentSamples(
  softLabels: SoftLabels,
  classNames: readonly string[],
  { minScore, context }: ConfidentRequest,
): Promise<ConfidentSamples> {
  const { sampleCount, views = 1 } = softLabels;
  const found: ConfidentSamples = { indices: [], labels: [] };
  let best = 0;
  for (let start = 0; start < sampleCount; start += chunkSize) {
    context.signal.throwIfAborted();
    const indices = Int32Array.from({ length: Math.min(chunkSize, sampleCount - start) }, (_, i) => start + i);
    const probs = await meanProbs(softLabels, classNames, indices);
    for (const [row, index] of indices.entries()) {
      const own = probs.subarray(row * classNames.length, (row + 1) * classNames.length);
      const score = own.reduce((most, prob) => Math.max(most, prob), 0);
      best = Math.max(best, score);
      if (score < minScore) continue;
      found.indices.push(index);
      found.labels.push(own.indexOf(score));
    }
    context.progress({ unit: "images", done: start + indices.length, total: sampleCount });
  }
  if (found.indices.length > 0) return found;
  throw new KdflowError(
    "KDF_INPUT_EMPTY",
    `the teacher is sure of none of ${sampleCount} samples: its best score in ${views} view${views === 1 ? "" : "s"} is ${best.toFixed(3)}`,
    { hint: `lower \`minScore\`, which is ${minScore}, or train the teacher longer` },
  );
}

/** Probabilities of samples, `[indices.length, classes]`, in float64. */
async function meanProbs(
  softLabels: SoftLabels,
  classNames: readonly string[],
  indices: Int32Array,
): Promise<Float64Array> {
  const selection = selectClasses(softLabels, classNames);
  const { classes } = selection;
  const own = new Float32Array(indices.length * rowWidth(softLabels.outputs));
  const into = new Float32Array(indices.length * classes);
  const mean = new Float64Array(indices.length * classes);
  // a teacher in the loop has no number of views: it is asked about one
  const { views = 1 } = softLabels;
  for (let view = 0; view < views; view++) {
    await softLabels.read(indices, new Uint16Array(indices.length).fill(view), own);
    const logits = selection.select(own, indices.length, into);
    for (let row = 0; row < indices.length; row++) {
      const scores = softmax(logits.subarray(row * classes, (row + 1) * classes));
      for (const [place, prob] of scores.entries()) {
        mean[row * classes + place] = (mean[row * classes + place] ?? 0) + prob / views;
      }
    }
  }
  return mean;
}
