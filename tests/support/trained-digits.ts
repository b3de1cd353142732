import type { Tensor } from "@tensorflow/tfjs";
import type { BuiltNetwork, Dataset, ProviderUse } from "../../core/index.ts";
import { buildNetwork, tf } from "../unit/networks/build-network.ts";

/** A small classifier that was trained on a dataset's images for so many epochs, and does know something. */
export async function trainedDigits(data: Dataset, backbone: ProviderUse, epochs: number): Promise<BuiltNetwork> {
  const { imageSize, classNames, splits } = data;
  const { height, width, channels } = imageSize;
  const { count, truth } = splits.train;
  const pixels = new Uint8Array(count * height * width * channels);
  await splits.train.render(
    Int32Array.from({ length: count }, (_, place) => place),
    undefined,
    imageSize,
    pixels,
  );
  const built = await buildNetwork({ backbone, size: height, channels, classes: classNames.length, seed: 1 });
  const images = tf.tensor(Float32Array.from(pixels), [count, height, width, channels]);
  const labels = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(Int32Array.from(truth as ArrayLike<number>), "int32"), classNames.length),
  );
  // slow at the end, so that the moving statistics of batch norms come to rest
  for (const [rate, share] of [
    [3e-3, epochs - 1],
    [2e-4, 1],
  ] as const) {
    const loss = (expected: Tensor, logits: Tensor) => tf.losses.softmaxCrossEntropy(expected, logits);
    built.model.compile({ optimizer: tf.train.adam(rate), loss });
    await built.model.fit(images, labels, { epochs: share, batchSize: 50, verbose: 0, shuffle: false });
  }
  tf.dispose([images, labels]);
  return { ...built, model: (await built.deploy?.()) ?? built.model };
}
