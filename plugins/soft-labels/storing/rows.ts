import { fromFloat16, maxFloat16, overflowsFloat16, toFloat16 } from "../files/float16.ts";

export type Precision = "float16" | "float32";

/** How a row of logits is stored. */
export interface RowLayout {
  readonly classes: number;
  readonly precision: Precision;
  /** Stored logits per row; `undefined` stores all of them. */
  readonly topK: number | undefined;
  /** Name of the column of dense rows in a file; `logits` unless given. */
  readonly column?: string;
}

/** Where the values of a layout stand in a file. */
export function valuesColumn({ topK, column = "logits" }: RowLayout): string {
  return topK === undefined ? column : "values";
}

/** Columns of rows as they stand in a file. Dense rows have `values` alone. */
export interface RowColumns {
  /** Logits, `[rows, classes]` or `[rows, topK]`; float16 as bits. */
  readonly values: Uint16Array | Float32Array;
  /** Classes of the values, largest logit first, `[rows, topK]`. */
  readonly indices?: Uint16Array | Int32Array;
  /** Probability mass, at temperature 1, of the classes that are not stored, `[rows]`. */
  readonly residual?: Float32Array;
}

/** Bounds of a residual mass that keep its logarithm, and that of the rest, finite in float32. */
const leastMass = 2 ** -126;
const mostMass = 1 - 2 ** -24;
const maxFloat32 = (2 - 2 ** -23) * 2 ** 127;

export function createColumns(rows: number, { classes, precision, topK }: RowLayout): RowColumns {
  const length = rows * (topK ?? classes);
  const values = precision === "float16" ? new Uint16Array(length) : new Float32Array(length);
  if (topK === undefined) return { values };
  // uint16 holds 65 536 classes; int16, as used elsewhere, would wrap past 32 767.
  const indices = classes <= 0x1_0000 ? new Uint16Array(length) : new Int32Array(length);
  return { values, indices, residual: new Float32Array(rows) };
}

/**
 * Stores rows of logits.
 *
 * @param logits finite or infinite, not NaN, `[rows, classes]`
 * @param firstRow where the first row goes
 * @returns how many values were clamped to the largest finite number of the precision
 */
export function encodeRows(logits: Float32Array, layout: RowLayout, columns: RowColumns, firstRow: number): number {
  const { classes, topK } = layout;
  const rows = logits.length / classes;
  let clamped = 0;
  for (let row = 0; row < rows; row++) {
    const one = logits.subarray(row * classes, (row + 1) * classes);
    if (topK === undefined || columns.indices === undefined || columns.residual === undefined) {
      clamped += storeValues(one, columns.values, (firstRow + row) * classes);
      continue;
    }
    const top = largest(one, topK);
    const values = Float32Array.from(top, (index) => one[index] ?? 0);
    clamped += storeValues(values, columns.values, (firstRow + row) * topK);
    columns.indices.set(top, (firstRow + row) * topK);
    columns.residual[firstRow + row] = massOutside(one, top);
  }
  return clamped;
}

/**
 * Rows of logits as they were stored. Of top-K rows the stored logits keep their values; the classes between them share
 * the residual mass r evenly, so that softmax at temperature 1 gives each r / (classes − K):
 * logit = ln Σ exp(stored) + ln(r / (1 − r)) − ln(classes − K).
 *
 * @param out `[rows, classes]`
 */
export function decodeRows(columns: RowColumns, layout: RowLayout, rows: number, out: Float32Array): void {
  const { classes, topK } = layout;
  const { values, indices, residual } = columns;
  const read = valueReader(values);
  if (topK === undefined || indices === undefined || residual === undefined) {
    for (let place = 0; place < rows * classes; place++) out[place] = read(place);
    return;
  }
  for (let row = 0; row < rows; row++) {
    const stored = Array.from({ length: topK }, (_, place) => read(row * topK + place));
    const mass = Math.min(Math.max(residual[row] ?? 0, leastMass), mostMass);
    const rest = logSumExp(stored) + Math.log(mass) - Math.log1p(-mass) - Math.log(classes - topK);
    out.fill(rest, row * classes, (row + 1) * classes);
    for (const [place, value] of stored.entries()) {
      out[row * classes + (indices[row * topK + place] ?? 0)] = value;
    }
  }
}

/** Reads a stored value as a number. */
export function valueReader(values: Uint16Array | Float32Array): (place: number) => number {
  return values instanceof Uint16Array ? (place) => fromFloat16(values[place] ?? 0) : (place) => values[place] ?? 0;
}

/** The number that comes back when a logit is stored, but for rounding: logits past the range are clamped. */
export function clampTo(precision: Precision, logit: number): number {
  const most = precision === "float16" ? maxFloat16 : maxFloat32;
  return Math.min(Math.max(logit, -most), most);
}

/** Stores logits, and tells how many had to be clamped. */
export function storeValues(from: Float32Array, to: Uint16Array | Float32Array, at: number): number {
  let clamped = 0;
  for (const [place, value] of from.entries()) {
    if (to instanceof Uint16Array) {
      if (overflowsFloat16(value)) clamped += 1;
      to[at + place] = toFloat16(value);
    } else {
      if (!Number.isFinite(value)) clamped += 1;
      to[at + place] = clampTo("float32", value);
    }
  }
  return clamped;
}

/** Indices of the `count` largest values, largest first; of equal ones the lower index first. */
export function largest(values: Float32Array, count: number): number[] {
  const top: number[] = [];
  for (const [index, value] of values.entries()) {
    if (top.length === count && value <= (values[top[count - 1] ?? 0] ?? 0)) continue;
    let place = top.length;
    while (place > 0 && value > (values[top[place - 1] ?? 0] ?? 0)) place -= 1;
    top.splice(place, 0, index);
    if (top.length > count) top.pop();
  }
  return top;
}

/** Softmax mass of all classes but those in `top`, in float64. */
export function massOutside(logits: Float32Array, top: ArrayLike<number>): number {
  const inside = new Set(Array.from(top));
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) most = Math.max(most, logit);
  let outside = 0;
  let total = 0;
  for (const [index, logit] of logits.entries()) {
    const mass = Math.exp(clampTo("float32", logit) - clampTo("float32", most));
    total += mass;
    if (!inside.has(index)) outside += mass;
  }
  return outside / total;
}

function logSumExp(values: readonly number[]): number {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
