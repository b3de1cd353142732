import { defineProvider, type ProviderOf } from "../../core/index.ts";
import { assertSamePlaces, convolution } from "./layers/convolution.ts";

/**
 * A 3×3 convolution with a bias, zeros around the map; for vectors a dense layer. Rows and columns stay as they are.
 *
 * @see Romero, Ballas, Kahou, Chassang, Gatta, Bengio (2015), "FitNets: hints for thin deep nets", arXiv:1412.6550, §2.2
 */
export const conv3x3: ProviderOf<"adapters"> = defineProvider<"adapters", object>("adapters", {
  id: "conv3x3",
  summary: "a trained 3×3 convolution to the teacher's channels",
  reference: "arXiv:1412.6550",
  cacheVersion: 1,
  create: (_options, { tf }) => ({
    layers(from, to, rng) {
      assertSamePlaces("a 3×3 convolution", from, to);
      return { convolution: convolution(tf, { from, filters: to.at(-1) ?? 0, kernelSize: 3, rng }) };
    },
  }),
});
