import { logitOf, sigmoid } from "../../tasks/detection/decoders/detection-rows.ts";
import { boxNumbers } from "../../tasks/detection/names.ts";
import type { Column } from "../files/arrow-file.ts";
import { createColumns, largest, type Precision, type RowColumns, storeValues, valueReader } from "../storing/rows.ts";

/** How rows of boxes are stored. */
export interface BoxLayout {
  readonly classes: number;
  /** `float16`: corners as uint16 shares of the photo's sides, 1/65 535 each; `float32`: all numbers so. */
  readonly precision: Precision;
  /** Stored class logits per row; `undefined` stores all of them. */
  readonly topK: number | undefined;
}

/** Columns of rows as they stand in a file. */
export interface BoxColumns extends RowColumns {
  /** Left, top, right, bottom, `[rows, 4]`. */
  readonly corners: Uint16Array | Float32Array;
  /** Logits, `[rows]`; float16 as bits. */
  readonly objectness: Uint16Array | Float32Array;
}

/** Shares of a side are told to one part of this many: at 1280 pixels a corner is off by 0.01 at most. */
const parts = 65_535;

export function createBoxColumns(rows: number, layout: BoxLayout): BoxColumns {
  const isSmall = layout.precision === "float16";
  return {
    corners: isSmall ? new Uint16Array(rows * 4) : new Float32Array(rows * 4),
    objectness: isSmall ? new Uint16Array(rows) : new Float32Array(rows),
    ...createColumns(rows, layout),
  };
}

/**
 * Stores one row.
 *
 * @param row corners as shares of the photo's sides, 0 … 1; objectness; class logits: `[5 + classes]`
 * @returns how many logits were clamped to the largest finite number of the precision
 */
export function encodeBox(row: Float32Array, layout: BoxLayout, columns: BoxColumns, place: number): number {
  const { corners, objectness, values, indices, residual } = columns;
  for (let side = 0; side < 4; side++) {
    const share = row[side] ?? 0;
    corners[place * 4 + side] = corners instanceof Uint16Array ? Math.round(share * parts) : share;
  }
  const clamped = storeValues(row.subarray(4, boxNumbers), objectness, place);
  const logits = row.subarray(boxNumbers);
  const { topK } = layout;
  if (topK === undefined || indices === undefined || residual === undefined)
    return clamped + storeValues(logits, values, place * layout.classes);
  const top = largest(logits, topK);
  indices.set(top, place * topK);
  const inside = new Set(top);
  residual[place] = logits.reduce((sum, logit, id) => sum + (inside.has(id) ? 0 : sigmoid(logit)), 0);
  return (
    clamped +
    storeValues(
      Float32Array.from(top, (id) => logits[id] ?? 0),
      values,
      place * topK,
    )
  );
}

/**
 * Rows as they were stored. Classes that were not stored share the sum of their probabilities evenly.
 *
 * @param out `[rows, 5 + classes]`
 */
export function decodeBoxes(columns: BoxColumns, layout: BoxLayout, out: Float32Array): void {
  const { classes, topK } = layout;
  const { corners, values, indices, residual } = columns;
  const [objectness, logits] = [valueReader(columns.objectness), valueReader(values)];
  const scale = corners instanceof Uint16Array ? parts : 1;
  for (let row = 0; row < corners.length / 4; row++) {
    const at = row * (boxNumbers + classes);
    for (let side = 0; side < 4; side++) out[at + side] = (corners[row * 4 + side] ?? 0) / scale;
    out[at + 4] = objectness(row);
    const first = at + boxNumbers;
    if (topK === undefined) {
      for (let id = 0; id < classes; id++) out[first + id] = logits(row * classes + id);
      continue;
    }
    out.fill(logitOf((residual?.[row] ?? 0) / Math.max(1, classes - topK)), first, first + classes);
    for (let place = row * topK; place < (row + 1) * topK; place++)
      out[first + (indices?.[place] ?? 0)] = logits(place);
  }
}

/** Bytes of one row. */
export function boxBytes(layout: BoxLayout): number {
  const arrays = Object.values(createBoxColumns(1, layout)) as readonly { readonly byteLength: number }[];
  // and the number of its sample
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 4);
}

/** The columns as an Arrow file has them, beside the sample of each row, and its view where there are several. */
export function arrowColumns(
  { samples, views }: { readonly samples: Uint32Array; readonly views: Uint16Array | undefined },
  { corners, objectness, values, indices, residual }: BoxColumns,
  layout: BoxLayout,
): readonly Column[] {
  const listSize = layout.topK ?? layout.classes;
  const name = layout.topK === undefined ? "logits" : "values";
  return [
    { name: "sample", type: "uint32", values: samples },
    ...(views === undefined ? [] : [{ name: "view", type: "uint16", values: views } as const]),
    corners instanceof Uint16Array
      ? { name: "corners", type: "uint16", listSize: 4, values: corners }
      : { name: "corners", type: "float32", listSize: 4, values: corners },
    objectness instanceof Uint16Array
      ? { name: "objectness", type: "float16", values: objectness }
      : { name: "objectness", type: "float32", values: objectness },
    ...(indices === undefined ? [] : [indexColumn(indices, listSize)]),
    values instanceof Uint16Array
      ? { name, type: "float16", listSize, values }
      : { name, type: "float32", listSize, values },
    ...(residual === undefined ? [] : [{ name: "residual", type: "float32", values: residual } as const]),
  ];
}

function indexColumn(values: Uint16Array | Int32Array, listSize: number): Column {
  return values instanceof Uint16Array
    ? { name: "indices", type: "uint16", listSize, values }
    : { name: "indices", type: "int32", listSize, values };
}
