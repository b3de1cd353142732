import type { SymbolicTensor } from "@tensorflow/tfjs";
import { defineProvider, type Neck, type ProviderOf } from "../../core/index.ts";
import { applyLayer, convBlock, double } from "../networks/detector/conv-block.ts";
import { scaledChannels } from "../networks/detector/scaled-channels.ts";
import type { NecksFpnOptions } from "../options.ts";

const publishedChannels = 256;

/**
 * A feature pyramid: 1×1 convolutions bring all levels to 256 · `width` channels, each coarser level is doubled and
 * added to the finer one, and a 3×3 convolution smooths each. Batch norms and activations as in the rest of a YOLO.
 *
 * @see Lin, Dollár, Girshick, He, Hariharan, Belongie (2017), arXiv:1612.03144, §3
 */
export const fpn: ProviderOf<"necks"> = defineProvider<"necks", NecksFpnOptions>("necks", {
  id: "fpn",
  summary: "a feature pyramid, from coarse to fine",
  reference: "arXiv:1612.03144",
  cacheVersion: 1,
  create: ({ width }, { tf }): Neck => ({
    build(features, activate) {
      const filters = scaledChannels(publishedChannels, width);
      const conv = (input: SymbolicTensor, name: string, kernelSize: number): SymbolicTensor =>
        convBlock(tf, input, activate, { name: `neck/${name}`, kernelSize, filters });
      const add = (fine: SymbolicTensor, coarse: SymbolicTensor, name: string): SymbolicTensor =>
        applyLayer(tf.layers.add({ name: `neck/${name}/add` }), [fine, double(tf, coarse, `neck/${name}/up`)]);
      const coarse = conv(features.p5, "lateral5", 1);
      const middle = add(conv(features.p4, "lateral4", 1), coarse, "merge4");
      const fine = add(conv(features.p3, "lateral3", 1), middle, "merge3");
      return { p3: conv(fine, "p3", 3), p4: conv(middle, "p4", 3), p5: conv(coarse, "p5", 3) };
    },
  }),
});
