import type { KernelConfig, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

interface FilterGradientCall {
  readonly inputs: { readonly x: Tensor; readonly dy: Tensor };
  readonly attrs: {
    readonly strides: number | readonly [number, number];
    readonly dataFormat: string;
    readonly filterShape: readonly [height: number, width: number, inChannels: number, outChannels: number];
  };
  readonly backend: unknown;
}

type KernelFunction = (call: unknown) => Tensor;

const kernelName = "Conv2DBackpropFilter";
const backendName = "tensorflow";

/** Channels that oneDNN takes at a time on the widest processors. */
const oneDnnBlock = 16;

/**
 * Registers a gradient of 1×1 filters that is safe where the filter has a stride and the input has few channels. For
 * these oneDNN gathers the pixels that the stride keeps in a scratchpad that it allocated too small, and writes beyond
 * its end: the process dies, then or later. Here the pixels are gathered first, and the gradient is that of stride 1.
 */
export function registerPointwiseGradient(tf: Tf): void {
  const stock = kernelFunction(tf, kernelName);
  const stridedSlice = kernelFunction(tf, "StridedSlice");
  const kernelFunc: KernelFunction = (call) => {
    const { inputs, attrs, backend } = call as FilterGradientCall;
    const [height, width, channels] = attrs.filterShape;
    const [down, across] = typeof attrs.strides === "number" ? [attrs.strides, attrs.strides] : attrs.strides;
    const safe = height * width > 1 || down * across === 1 || channels >= oneDnnBlock || attrs.dataFormat !== "NHWC";
    if (safe) return stock(call);
    const x = stridedSlice({
      inputs: { x: inputs.x },
      attrs: { begin: [0, 0, 0, 0], end: inputs.x.shape, strides: [1, down, across, 1], ...noMasks },
      backend,
    });
    const gradient = stock({ inputs: { x, dy: inputs.dy }, attrs: { ...attrs, strides: 1 }, backend });
    x.dispose();
    return gradient;
  };
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ kernelName, backendName, kernelFunc } as KernelConfig);
}

const noMasks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };

function kernelFunction(tf: Tf, name: string): KernelFunction {
  return tf.getKernel(name, backendName).kernelFunc as unknown as KernelFunction;
}
