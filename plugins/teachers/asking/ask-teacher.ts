import type { Answers, ImageSize, Teacher, TeacherEnsemble } from "../../../core/index.ts";
import { selectClasses } from "../../tasks/classification/class-selection.ts";

/** Renders the images in question at a size, uint8 `[count, height, width, channels]`. */
export type RenderAt = (size: ImageSize) => Promise<Uint8Array>;

/**
 * A teacher's answers to some images, each member of an ensemble at its own image size.
 *
 * @param names of outputs and taps; all outputs unless given
 */
export async function askTeacher(
  teacher: Teacher,
  count: number,
  renderAt: RenderAt,
  names?: readonly string[],
): Promise<Answers> {
  const { ensemble, classNames } = teacher;
  if (ensemble === undefined) return teacher.predict(await renderAt(teacher.imageSize), count, names);
  const answers: Float32Array[] = [];
  for (const member of ensemble.members) {
    const { logits = new Float32Array() } = await askTeacher(member, count, renderAt);
    answers.push(logits);
  }
  return { logits: averageLogits(ensemble, answers, classNames, count) };
}

/**
 * The answer of an ensemble from those of its members.
 *
 * @param answers `[count, classes]` of each member, in the member's own order of classes
 * @param classNames the order of the result
 * @returns `[count, classes]`
 */
export function averageLogits(
  { members, weights, average }: TeacherAverage,
  answers: readonly Float32Array[],
  classNames: readonly string[],
  count: number,
): Float32Array {
  const classes = classNames.length;
  const sums = new Float64Array(count * classes);
  for (const [place, { classNames: own }] of members.entries()) {
    const selection = selectClasses({ classNames: own }, classNames);
    const logits = selection.select(answers[place] ?? new Float32Array(), count, new Float32Array(count * classes));
    const weight = weights[place] ?? 0;
    for (let row = 0; row < count; row++) {
      const from = row * classes;
      const norm = average === "logits" ? 0 : logSumExp(logits, from, classes);
      for (let at = from; at < from + classes; at++) {
        const value = logits[at] ?? Number.NaN;
        sums[at] = (sums[at] ?? 0) + weight * (average === "logits" ? value : Math.exp(value - norm));
      }
    }
  }
  // the least positive float64 stands for probabilities that vanish, so that their logarithm is finite
  return Float32Array.from(sums, (sum) => (average === "logits" ? sum : Math.log(Math.max(sum, Number.MIN_VALUE))));
}

/** What is needed of an ensemble to average answers that are there already. */
export interface TeacherAverage extends Pick<TeacherEnsemble, "weights" | "average"> {
  readonly members: readonly { readonly classNames: readonly string[] }[];
}

function logSumExp(logits: Float32Array, from: number, classes: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = from; at < from + classes; at++) most = Math.max(most, logits[at] ?? Number.NaN);
  let sum = 0;
  for (let at = from; at < from + classes; at++) sum += Math.exp((logits[at] ?? Number.NaN) - most);
  return most + Math.log(sum);
}
