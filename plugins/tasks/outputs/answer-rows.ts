import type { AnswerSelection, AnswerSource, Answers, OutputSpec, Outputs, Task } from "../../../core/index.ts";

/** Numbers of one answer. */
export function widthOf({ shape }: Pick<OutputSpec, "shape">): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Numbers of all answers of one image. */
export function rowWidth(outputs: Outputs): number {
  return Object.values(outputs).reduce((sum, output) => sum + widthOf(output), 0);
}

/** All answers of each image one after the other, `[count, width]`; those of a model with one output as they are. */
export function answerRows(answers: Answers, outputs: Outputs, count: number): Float32Array {
  const entries = Object.entries(outputs);
  const [only] = entries;
  if (only !== undefined && entries.length === 1) return answers[only[0]] ?? new Float32Array();
  const width = rowWidth(outputs);
  const rows = new Float32Array(count * width);
  let start = 0;
  for (const [name, output] of entries) {
    const own = widthOf(output);
    for (let row = 0; row < count; row++) {
      rows.set(answers[name]?.subarray(row * own, (row + 1) * own) ?? [], row * width + start);
    }
    start += own;
  }
  return rows;
}

/** The inverse of {@link answerRows}. */
export function answersOf(rows: Float32Array, outputs: Outputs, count: number): Answers {
  const entries = Object.entries(outputs);
  const [only] = entries;
  if (only !== undefined && entries.length === 1) return { [only[0]]: rows.subarray(0, count * widthOf(only[1])) };
  const width = rowWidth(outputs);
  let start = 0;
  return Object.fromEntries(
    entries.map(([name, output]) => {
      const own = widthOf(output);
      const values = new Float32Array(count * own);
      for (let row = 0; row < count; row++) {
        values.set(rows.subarray(row * width + start, row * width + start + own), row * own);
      }
      start += own;
      return [name, values];
    }),
  );
}

/** Brings a source's answers to the data's classes, as its task says; they stay as they are where it says nothing. */
export function alignAnswers(
  { align }: Pick<Task, "align">,
  source: AnswerSource,
  classNames: readonly string[],
): AnswerSelection {
  return align?.(source, classNames) ?? { outputs: source.outputs, same: true, select: (rows) => rows };
}
