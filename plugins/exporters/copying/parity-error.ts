import { KdflowError } from "../../../core/index.ts";
import type { DivergingLayer } from "../onnx/diverging-layer.ts";
import type { OutputDifference } from "./largest-difference.ts";

interface Parity extends OutputDifference {
  /** The first layer that differs, where it could be found. */
  readonly found: DivergingLayer | undefined;
  readonly limit: number;
}

/** What was exported answers otherwise than the trained model. */
export function parityError(what: "file" | "graph", { name, difference, found, limit }: Parity): KdflowError {
  const layer = found?.layer === undefined ? "" : `; the first layer that differs is "${found.layer.name}"`;
  const kernel = found === undefined ? "" : ` (kernel ${found.kernel}, by ${found.difference.toPrecision(3)})`;
  const message = `${name} of the exported ${what} differ from the trained model's by ${difference.toPrecision(3)} of the largest of them`;
  return new KdflowError("KDF_EXPORT_PARITY", `${message}${layer}${kernel}`, { hint: `the limit is ${limit}` });
}
