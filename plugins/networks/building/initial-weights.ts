import type { LayersModel } from "@tensorflow/tfjs";
import { KdflowError, type Rng, type Tf } from "../../../core/index.ts";

/** As in the reference code of MobileNetV2: a classifier that starts near uniform. */
const DENSE_STANDARD_DEVIATION = 0.01;

/**
 * Fills a network's kernels, layer by layer in the model's order.
 *
 * Convolutions: normal with variance 2 / fanOut, fanOut = kernel height · width · output channels that one input
 * channel reaches (1 for depthwise). Dense layers: normal with standard deviation 0.01. Biases and batch-norm offsets
 * stay 0, batch-norm scales 1.
 *
 * @see He, Zhang, Ren, Sun (2015), arXiv:1502.01852, eq. 14
 */
export function setInitialWeights(tf: Tf, model: LayersModel, rng: Rng): void {
  for (const layer of model.layers) {
    const [kernel, ...others] = layer.weights;
    if (kernel === undefined) continue;
    const shape = knownShape(kernel.shape, layer.name);
    const deviation = kernelDeviation(layer.getClassName(), shape);
    if (deviation === undefined) continue;
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++) values[i] = deviation * rng.normal();
    tf.tidy(() => layer.setWeights([tf.tensor(values, shape), ...others.map((weight) => weight.read())]));
  }
}

function kernelDeviation(className: string, shape: readonly number[]): number | undefined {
  // [height, width, inputChannels, outputs]; for depthwise, `outputs` counts those of each input channel
  const [height = 1, width = 1, , outputs = 1] = shape;
  if (className === "Conv2D" || className === "DepthwiseConv2D") return Math.sqrt(2 / (height * width * outputs));
  return className === "Dense" ? DENSE_STANDARD_DEVIATION : undefined;
}

function knownShape(shape: readonly (number | null)[], layer: string): number[] {
  return shape.map((size) => {
    if (size === null) throw new KdflowError("KDF_INTERNAL", `a weight of layer "${layer}" has no fixed shape`);
    return size;
  });
}
