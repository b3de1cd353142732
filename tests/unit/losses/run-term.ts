import type { Tensor } from "@tensorflow/tfjs";
import type { CreateContext, LossParts, LossTerm, ProviderOf } from "../../../core/index.ts";
import { detach } from "../../../core/tensors/detach.ts";
import { testBackend } from "../../support/backend.ts";

export const { tf } = await testBackend();

/** For terms that own neither layers nor state. */
export const noParts: LossParts = { layers: {}, state: {} };

export type Rows = readonly (readonly number[])[];

export interface Logits {
  readonly studentLogits: Rows;
  readonly teacherLogits?: Rows;
  readonly labels?: readonly number[];
  readonly secondLabels?: readonly number[];
  readonly labelShares?: readonly number[];
  readonly classWeights?: readonly number[];
}

export async function createTerm(provider: ProviderOf<"losses">, options: object): Promise<LossTerm> {
  const context = { tf, detach: (tensor: Tensor) => detach(tf, tensor) } as unknown as CreateContext;
  return provider.create(options as never, context);
}

/** The term's value and its gradient by the student's logits, `[batch · classes]`. */
export function valueAndGradient(term: LossTerm, inputs: Logits): { value: number; gradient: Float32Array } {
  const { value, grad } = tf.tidy(() => {
    const { studentLogits, ...others } = tensorsOf(inputs);
    return tf.valueAndGrad((student: Tensor) => term.compute({ ...others, studentLogits: student }, {}, noParts))(
      studentLogits,
    );
  });
  const result = { value: Number(value.dataSync()[0]), gradient: Float32Array.from(grad.dataSync()) };
  tf.dispose([value, grad]);
  return result;
}

export function lossOf(term: LossTerm, inputs: Logits): number {
  const value = tf.tidy(() => term.compute(tensorsOf(inputs), {}, noParts));
  const number = Number(value.dataSync()[0]);
  value.dispose();
  return number;
}

export function tensorsOf({
  studentLogits,
  teacherLogits,
  labels,
  secondLabels,
  labelShares,
  classWeights,
}: Logits): Record<string, Tensor> & { studentLogits: Tensor } {
  const matrix = (rows: Rows): Tensor => tf.tensor2d(rows.map((row) => [...row]));
  return {
    studentLogits: matrix(studentLogits),
    ...(teacherLogits === undefined ? {} : { teacherLogits: matrix(teacherLogits) }),
    ...(labels === undefined ? {} : { labels: tf.tensor1d([...labels], "int32") }),
    ...(secondLabels === undefined ? {} : { secondLabels: tf.tensor1d([...secondLabels], "int32") }),
    ...(labelShares === undefined ? {} : { labelShares: tf.tensor1d([...labelShares]) }),
    ...(classWeights === undefined ? {} : { classWeights: tf.tensor1d([...classWeights]) }),
  };
}

/** log softmax in float64. */
export function logSoftmax64(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  const logSum = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return row.map((logit) => logit - largest - logSum);
}

export function mean64(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function zip(a: Rows, b: Rows): [readonly number[], readonly number[]][] {
  return a.map((row, index) => [row, b[index] ?? []]);
}

/** T² · KL(teacher ‖ student), mean over rows, in float64. */
export function kd64(student: Rows, teacher: Rows, temperature: number): number {
  const soften = (row: readonly number[]): number[] => logSoftmax64(row.map((logit) => logit / temperature));
  const rows = zip(student, teacher).map(([studentRow, teacherRow]) => {
    const [s, t] = [soften(studentRow), soften(teacherRow)];
    return t.reduce((sum, logProb, i) => sum + Math.exp(logProb) * (logProb - (s[i] ?? 0)), 0);
  });
  return temperature ** 2 * mean64(rows);
}

/** Central differences of a float64 function of the student's logits, `[batch · classes]`. */
export function finiteDifferences(loss: (student: Rows) => number, student: Rows): number[] {
  const nudge = 1e-4;
  const moved = (row: number, column: number, by: number): Rows =>
    student.map((logits, i) => logits.map((logit, j) => (i === row && j === column ? logit + by : logit)));
  return student.flatMap((logits, row) =>
    logits.map((_, column) => (loss(moved(row, column, nudge)) - loss(moved(row, column, -nudge))) / (2 * nudge)),
  );
}
