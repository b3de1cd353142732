import { defineProvider, type ProviderOf } from "../../core/index.ts";
import { assertSamePlaces, convolution } from "./layers/convolution.ts";

/**
 * Two 1×1 convolutions with a relu between, the first to the teacher's channels already; for vectors two dense layers.
 * Rows and columns stay as they are.
 *
 * @see Chen, Wang, Liu, Xu, de Hoog, Huang (2022), "Improved feature distillation via projector ensemble", arXiv:2210.15274, §3
 */
export const projector: ProviderOf<"adapters"> = defineProvider<"adapters", object>("adapters", {
  id: "projector",
  summary: "two trained 1×1 convolutions with a relu between, to the teacher's channels",
  reference: "arXiv:2210.15274",
  cacheVersion: 1,
  create: (_options, { tf }) => ({
    layers(from, to, rng) {
      assertSamePlaces("a projector", from, to);
      const filters = to.at(-1) ?? 0;
      return {
        first: convolution(tf, { from, filters, kernelSize: 1, activation: "relu", rng }),
        second: convolution(tf, { from: to, filters, kernelSize: 1, rng }),
      };
    },
  }),
});
