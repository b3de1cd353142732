import { type Adapter, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import { assertSamePlaces, convolution } from "./layers/convolution.ts";

/**
 * A 1×1 convolution with a bias, from normal weights with variance 2 / inputs; for vectors a dense layer. Rows and
 * columns stay as they are.
 *
 * @see Romero, Ballas, Kahou, Chassang, Gatta, Bengio (2015), "FitNets: hints for thin deep nets", arXiv:1412.6550, §2.2
 */
export function conv1x1Adapter(tf: Tf): Adapter {
  return {
    layers(from, to, rng) {
      assertSamePlaces("a 1×1 convolution", from, to);
      return { convolution: convolution(tf, { from, filters: to.at(-1) ?? 0, kernelSize: 1, rng }) };
    },
  };
}

/** Brings the student's features to the teacher's channels by a trained 1×1 convolution. */
export const conv1x1: ProviderOf<"adapters"> = defineProvider<"adapters", object>("adapters", {
  id: "conv1x1",
  summary: "a trained 1×1 convolution to the teacher's channels (FitNets, Romero and others 2015)",
  reference: "arXiv:1412.6550",
  cacheVersion: 1,
  create: (_options, { tf }) => conv1x1Adapter(tf),
});
