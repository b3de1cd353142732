import type { GraphNode, GraphValue } from "../../trace/traced-graph.ts";
import { isPerImage } from "../../trace/traced-graph.ts";
import { numbersOf, UnsupportedUse } from "../emitter.ts";

/** Height and width of something: of a window, its steps, the padding in front of it. */
export type Sides = readonly [height: number, width: number];

export interface Padding {
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  /** Whether the last window may reach over the padded end. */
  readonly isCeil: boolean;
}

/** A pair of sides that TensorFlow.js lets be one number. */
export function sidesOf(node: GraphNode, name: string): Sides {
  const [height = 1, width = height] = numbersOf(node, name);
  return [height, width];
}

/** Height and width of a feature map; ONNX's padding of `same` needs to know them. */
export function mapSides({ shape }: GraphValue): Sides {
  const [, height, width] = shape;
  if (typeof height === "number" && typeof width === "number" && !isPerImage(height)) return [height, width];
  throw new UnsupportedUse("the height or width of its input follows the batch");
}

/**
 * The padding that a kernel's `pad` says, for the input and output that it had.
 *
 * @param dilated sides of the window, gaps included
 */
export function paddingOf(node: GraphNode, input: Sides, output: Sides, dilated: Sides, strides: Sides): Padding {
  const { pad, dataFormat = "NHWC", dimRoundingMode } = node.attributes;
  if (dataFormat !== "NHWC") throw new UnsupportedUse(`its dataFormat is ${String(dataFormat)}`);
  if (pad === "same") return { pads: samePads(input, output, dilated, strides), isCeil: false };
  const isCeil = dimRoundingMode === "ceil";
  if (pad === "valid") return { pads: [0, 0, 0, 0], isCeil };
  if (typeof pad === "number") return { pads: [pad, pad, pad, pad], isCeil };
  const [, rows, columns] = Array.isArray(pad) ? (pad as readonly (readonly number[])[]) : [];
  if (rows === undefined || columns === undefined) throw new UnsupportedUse(`its pad is ${JSON.stringify(pad)}`);
  return { pads: [rows[0] ?? 0, columns[0] ?? 0, rows[1] ?? 0, columns[1] ?? 0], isCeil };
}

/** TensorFlow's `same`: the spare row and column lie below and right. */
function samePads(input: Sides, output: Sides, dilated: Sides, strides: Sides): Padding["pads"] {
  const total = ([0, 1] as const).map((axis) =>
    Math.max(0, (output[axis] - 1) * strides[axis] + dilated[axis] - input[axis]),
  );
  const [rows = 0, columns = 0] = total;
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return [top, left, rows - top, columns - left];
}
