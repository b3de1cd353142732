import type { ClassSelection, Teacher } from "../../core/index.ts";

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
export async function answersOf(
  predict: Teacher["predict"],
  { pixels, count, selection }: TeacherSample,
): Promise<Int32Array> {
  const { classes } = selection;
  const logits = selection.select(await predict(pixels, count), count, new Float32Array(count * classes));
  return Int32Array.from({ length: count }, (_, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
}

export function hitsOf(answers: Int32Array, labels: Int32Array): number {
  return answers.filter((answer, row) => answer === labels[row]).length;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
