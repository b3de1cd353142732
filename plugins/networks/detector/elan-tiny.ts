import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Activate, Tf } from "../../../core/index.ts";
import { concat, convBlock } from "./conv-block.ts";

/**
 * YOLOv7-tiny's aggregation block: two 1×1 convolutions a and b of the input, two 3×3 behind b, all four joined and
 * mixed by a 1×1.
 *
 * @param hidden channels of each of the four
 * @param filters channels that come out
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696, figure 2
 */
export function elanTiny(
  tf: Tf,
  input: SymbolicTensor,
  activate: Activate,
  { name, hidden, filters }: { readonly name: string; readonly hidden: number; readonly filters: number },
): SymbolicTensor {
  const conv = (from: SymbolicTensor, part: string, kernelSize: number, channels: number): SymbolicTensor =>
    convBlock(tf, from, activate, { name: `${name}/${part}`, kernelSize, filters: channels });
  const a = conv(input, "a", 1, hidden);
  const b = conv(input, "b", 1, hidden);
  const c = conv(b, "c", 3, hidden);
  const d = conv(c, "d", 3, hidden);
  return conv(concat(tf, [d, c, b, a], `${name}/concat`), "out", 1, filters);
}
