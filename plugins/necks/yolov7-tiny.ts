import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Activate, defineProvider, type Neck, type ProviderOf, type Pyramid, type Tf } from "../../core/index.ts";
import { applyLayer, concat, convBlock, double } from "../networks/detector/conv-block.ts";
import { elanTiny } from "../networks/detector/elan-tiny.ts";
import { scaledChannels } from "../networks/detector/scaled-channels.ts";
import type { NecksYolov7TinyOptions } from "../options.ts";

/** Builds the neck of YOLOv7-tiny; channels are those of the paper times `width`. */
function build(tf: Tf, width: number, { p3, p4, p5 }: Pyramid, activate: Activate): Pyramid {
  const channels = (published: number): number => scaledChannels(published, width);
  const conv = (input: SymbolicTensor, name: string, filters: number, kernelSize = 1, stride = 1): SymbolicTensor =>
    convBlock(tf, input, activate, { name: `neck/${name}`, kernelSize, filters: channels(filters), stride });
  const elan = (input: SymbolicTensor, name: string, hidden: number): SymbolicTensor =>
    elanTiny(tf, input, activate, { name: `neck/${name}`, hidden: channels(hidden), filters: channels(2 * hidden) });
  const join = (parts: SymbolicTensor[], name: string): SymbolicTensor => concat(tf, parts, `neck/${name}`);
  const up = (input: SymbolicTensor, name: string): SymbolicTensor => double(tf, input, `neck/${name}`);

  const coarse = pooled(tf, p5, conv, join);
  const down4 = elan(join([conv(p4, "route4", 128), up(conv(coarse, "reduce4", 128), "up4")], "join4"), "down4", 64);
  const fine = elan(join([conv(p3, "route3", 64), up(conv(down4, "reduce3", 64), "up3")], "join3"), "down3", 32);
  const middle = elan(join([conv(fine, "halve4", 128, 3, 2), down4], "rejoin4"), "up4/elan", 64);
  const last = elan(join([conv(middle, "halve5", 256, 3, 2), coarse], "rejoin5"), "up5/elan", 128);
  return { p3: conv(fine, "p3", 128, 3), p4: conv(middle, "p4", 256, 3), p5: conv(last, "p5", 512, 3) };
}

/**
 * Pools of 5, 9 and 13 beside the features themselves. A pool of 9 is one of 5 after one of 5, and 13 three of them:
 * the same numbers for less work.
 */
function pooled(
  tf: Tf,
  input: SymbolicTensor,
  conv: (input: SymbolicTensor, name: string, filters: number) => SymbolicTensor,
  join: (parts: SymbolicTensor[], name: string) => SymbolicTensor,
): SymbolicTensor {
  const side = conv(input, "pool/side", 256);
  const main = conv(input, "pool/main", 256);
  const pool = (from: SymbolicTensor, size: number): SymbolicTensor =>
    applyLayer(
      tf.layers.maxPooling2d({ name: `neck/pool/max${size}`, poolSize: 5, strides: 1, padding: "same" }),
      from,
    );
  const five = pool(main, 5);
  const nine = pool(five, 9);
  const thirteen = pool(nine, 13);
  const mixed = conv(join([thirteen, nine, five, main], "pool/join"), "pool/mix", 256);
  return conv(join([mixed, side], "pool/rejoin"), "pool/out", 256);
}

/**
 * The neck of YOLOv7-tiny: spatial pooling at the coarsest level, then top-down and bottom-up paths.
 *
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696
 */
export const yolov7Tiny: ProviderOf<"necks"> = defineProvider<"necks", NecksYolov7TinyOptions>("necks", {
  id: "yolov7-tiny",
  summary: "the neck of YOLOv7-tiny at any width",
  reference: "arXiv:2207.02696",
  cacheVersion: 1,
  create: ({ width }, { tf }): Neck => ({ build: (features, activate) => build(tf, width, features, activate) }),
});
