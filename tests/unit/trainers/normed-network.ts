import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Network, Tf } from "../../../core/index.ts";
import { classifierOutputs } from "../../../plugins/tasks/classification/names.ts";

/** Two blocks of convolution, batch norm and relu behind the taps `stage1` and `stage2`, and a dense head. */
export function normedNetwork(tf: Tf): Network {
  return {
    imageSize: undefined,
    build: ({ imageSize, classes, rng }) => {
      const { height, width, channels } = imageSize;
      const seeded = () => tf.initializers.heNormal({ seed: rng.uint32() });
      const apply = (layer: { apply(x: SymbolicTensor): unknown }, x: SymbolicTensor) =>
        layer.apply(x) as SymbolicTensor;
      const block = (name: string, filters: number, x: SymbolicTensor): SymbolicTensor => {
        const options = { name: `${name}/conv`, filters, kernelSize: 3, strides: 3, useBias: false };
        const conv = apply(tf.layers.conv2d({ ...options, kernelInitializer: seeded() }), x);
        return apply(
          tf.layers.reLU({ name: `${name}/relu` }),
          apply(tf.layers.batchNormalization({ name: `${name}/norm` }), conv),
        );
      };
      const pixels = tf.input({ shape: [height, width, channels], name: "pixels" });
      const stem = block("stem", 3, apply(tf.layers.rescaling({ name: "normalize", scale: 1 / 255 }), pixels));
      const last = block("block", 4, stem);
      const pooled = apply(tf.layers.globalAveragePooling2d({ name: "pooled" }), last);
      const logits = apply(tf.layers.dense({ name: "logits", units: classes, kernelInitializer: seeded() }), pooled);
      const tap = (tensor: SymbolicTensor, stride: number) => ({ tensor, channels: tensor.shape.at(-1) ?? 0, stride });
      const taps = { stage1: tap(stem, 3), stage2: tap(last, 9), pooled: tap(pooled, 0), logits: tap(logits, 0) };
      const model = tf.model({ name: "normed", inputs: pixels, outputs: logits });
      return { model, outputs: classifierOutputs(classes), taps };
    },
  };
}
