import type { TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { type KernelCall, tensorOf } from "./conv-info.ts";
import { allocate, views } from "./heap.ts";

/**
 * Sums the slices of `x` `[rows, ...]` that have the same segment id, `[numSegments, ...]`; the gradient of a gather, which is float32.
 * Ids outside 0 … numSegments − 1 are dropped, as in TensorFlow.
 */
export function unsortedSegmentSum(tf: Tf, { inputs, attrs }: KernelCall): TensorInfo {
  const x = tensorOf(inputs["x"]);
  const segmentIds = tensorOf(inputs["segmentIds"]);
  const { numSegments } = attrs as { readonly numSegments: number };
  if (x.dtype !== "float32") throw new Error(`the wasm backend sums segments of float32 only, not ${x.dtype}`);
  const inner = x.shape.slice(segmentIds.rank);
  const width = inner.reduce((product, length) => product * length, 1);
  const [out] = allocate(tf, [numSegments, ...inner]) as [TensorInfo];
  const [from, ids, sums] = views(tf, x, segmentIds, out) as [Float32Array, Float32Array, Float32Array];
  sums.fill(0);
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row] as number;
    if (segment < 0 || segment >= numSegments) continue;
    for (let i = 0; i < width; i++) {
      sums[segment * width + i] = (sums[segment * width + i] as number) + (from[row * width + i] as number);
    }
  }
  return out;
}
