import { type Adapter, defineProvider, KdflowError, type ProviderOf, type Tf } from "../../core/index.ts";
import type { AdaptersConv1X1Options } from "../options.ts";

/**
 * A 1×1 convolution with a bias, from normal weights with variance 2 / inputs; for vectors a dense layer. Rows and
 * columns stay as they are.
 *
 * @see Romero, Ballas, Kahou, Chassang, Gatta, Bengio (2015), "FitNets: hints for thin deep nets", arXiv:1412.6550, §2.2
 */
export function conv1x1Adapter(tf: Tf): Adapter {
  return {
    layers(from, to, rng) {
      if (from.length !== to.length || from.slice(0, -1).join() !== to.slice(0, -1).join()) {
        const message = `a 1×1 convolution cannot bring features of ${from.join("×")} to ${to.join("×")}`;
        throw new KdflowError("KDF_TRAIN_FEATURES", message, {
          hint: "choose taps of student and teacher with as many rows and columns: of equal strides where they see one size",
        });
      }
      const kernelInitializer = tf.initializers.heNormal({ seed: rng.uint32() });
      const outputs = to.at(-1) ?? 0;
      const layer =
        from.length === 1
          ? tf.layers.dense({ units: outputs, kernelInitializer })
          : tf.layers.conv2d({ filters: outputs, kernelSize: 1, kernelInitializer });
      layer.build([null, ...from]);
      return { convolution: layer };
    },
  };
}

/** Brings the student's features to the teacher's channels by a trained 1×1 convolution. */
export const conv1x1: ProviderOf<"adapters"> = defineProvider<"adapters", AdaptersConv1X1Options>("adapters", {
  id: "conv1x1",
  summary: "a trained 1×1 convolution to the teacher's channels (FitNets, Romero and others 2015)",
  reference: "arXiv:1412.6550",
  cacheVersion: 1,
  create: (_options, { tf }) => conv1x1Adapter(tf),
});
