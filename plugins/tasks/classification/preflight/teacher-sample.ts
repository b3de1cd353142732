import type { Teacher } from "../../../../core/index.ts";
import type { ClassSelection } from "../class-selection.ts";
import { argMax } from "../rows.ts";

/** Standard deviations above chance that a teacher must reach: guessing does so about once in 700 tries. */
const deviations = 3;

/** A teacher's answers to a sample of the validation split. */
export interface TeacherSample {
  /** uint8 `[count, height, width, channels]` at the teacher's input size */
  readonly pixels: Uint8Array;
  readonly count: number;
  /** `[count]` */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  readonly selection: ClassSelection;
}

/** The share of right answers that guessing hardly ever reaches. */
export function chanceBound(classes: number, count: number): number {
  const chance = 1 / classes;
  return chance + deviations * Math.sqrt((chance * (1 - chance)) / count);
}

/** The class of the data that comes first in each answer, `[count]`. */
export async function firstAnswers(
  predict: Teacher["predict"],
  { pixels, count, selection }: TeacherSample,
): Promise<Int32Array> {
  const scratch = new Float32Array(count * selection.classes);
  const { logits = new Float32Array() } = await predict(pixels, count);
  return firstClasses(selection.select(logits, count, scratch), selection.classes);
}

/** The first class of each row of logits, `[rows, classes]`. */
export function firstClasses(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: Math.floor(logits.length / classes) }, (_, row) => {
    return argMax(logits.subarray(row * classes, (row + 1) * classes));
  });
}

/** `wanted` indices, evenly spaced over 0 … count − 1. */
export function evenIndices(count: number, wanted: number): Int32Array {
  return Int32Array.from({ length: wanted }, (_, place) => Math.floor((place * count) / wanted));
}

export function hitsOf(answers: Int32Array, labels: Int32Array): number {
  return answers.filter((answer, row) => answer === labels[row]).length;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `count` rows of a sample, evenly spaced. */
export function fewerOf(sample: TeacherSample, count: number): TeacherSample {
  const imageBytes = sample.pixels.length / sample.count;
  // not the first ones, since samples may stand in the order of their classes
  const rows = evenIndices(sample.count, count);
  const pixels = new Uint8Array(count * imageBytes);
  for (const [place, row] of rows.entries()) {
    pixels.set(sample.pixels.subarray(row * imageBytes, (row + 1) * imageBytes), place * imageBytes);
  }
  return { ...sample, pixels, count, labels: Int32Array.from(rows, (row) => sample.labels[row] ?? 0) };
}
