import type { SymbolicTensor } from "@tensorflow/tfjs";
import { defineProvider, type Neck, type ProviderOf } from "../../core/index.ts";
import { applyLayer, convBlock, double } from "../networks/detector/conv-block.ts";
import { scaledChannels } from "../networks/detector/scaled-channels.ts";
import type { NecksPanLiteOptions } from "../options.ts";

const publishedChannels = 96;

/**
 * A path aggregation network of depthwise convolutions: top-down and bottom-up paths of 96 · `width` channels at every
 * level, levels added. A block is a depthwise 5×5 and a 1×1 convolution, as in detectors for phones.
 *
 * @see Liu, Qi, Qin, Shi, Jia (2018), arXiv:1803.01534, §3.1, for the two paths
 */
export const panLite: ProviderOf<"necks"> = defineProvider<"necks", NecksPanLiteOptions>("necks", {
  id: "pan-lite",
  summary: "a path aggregation network of depthwise convolutions",
  reference: "arXiv:1803.01534",
  cacheVersion: 1,
  create: ({ width }, { tf }): Neck => ({
    build(features, activate) {
      const filters = scaledChannels(publishedChannels, width);
      const point = (input: SymbolicTensor, name: string): SymbolicTensor =>
        convBlock(tf, input, activate, { name: `neck/${name}`, kernelSize: 1, filters });
      const block = (input: SymbolicTensor, name: string): SymbolicTensor =>
        point(convBlock(tf, input, activate, { name: `neck/${name}/depthwise`, kernelSize: 5 }), `${name}/point`);
      const halve = (input: SymbolicTensor, name: string): SymbolicTensor =>
        convBlock(tf, input, activate, { name: `neck/${name}`, kernelSize: 3, stride: 2 });
      const add = (parts: SymbolicTensor[], name: string): SymbolicTensor =>
        applyLayer(tf.layers.add({ name: `neck/${name}` }), parts);
      const up = (input: SymbolicTensor, name: string): SymbolicTensor => double(tf, input, `neck/${name}`);

      const coarse = point(features.p5, "lateral5");
      const down4 = block(add([point(features.p4, "lateral4"), up(coarse, "up4")], "add4"), "down4");
      const p3 = block(add([point(features.p3, "lateral3"), up(down4, "up3")], "add3"), "p3");
      const p4 = block(add([down4, halve(p3, "halve4")], "readd4"), "p4");
      const p5 = block(add([coarse, halve(p4, "halve5")], "readd5"), "p5");
      return { p3, p4, p5 };
    },
  }),
});
