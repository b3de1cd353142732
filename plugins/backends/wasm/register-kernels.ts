import type { TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { KernelCall } from "./conv-info.ts";
import { conv2dBackpropFilter, conv2dBackpropInput } from "./conv2d-gradients.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise-gradients.ts";
import { identity } from "./identity.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

type Kernel = (tf: Tf, call: KernelCall) => TensorInfo;

/** Kernels that training needs and that @tensorflow/tfjs-backend-wasm lacks, or has in a slow form only. */
const kernels: Readonly<Record<string, Kernel>> = {
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  Identity: identity,
  UnsortedSegmentSum: unsortedSegmentSum,
};

/** Registers kdflow's gradient kernels for the `wasm` backend; a second call changes nothing. */
export function registerGradientKernels(tf: Tf): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, "wasm") !== undefined) tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc: (call) => kernel(tf, call as KernelCall) });
  }
}
