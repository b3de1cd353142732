import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

type ComputeConvInfo = Tf["backend_util"]["computeConv2DInfo"];
export type ConvInfo = ReturnType<ComputeConvInfo>;

/** Attributes that TensorFlow.js gives to the gradient kernels of convolutions. */
export interface ConvAttributes {
  readonly strides: Parameters<ComputeConvInfo>[2];
  readonly dilations?: Parameters<ComputeConvInfo>[3];
  readonly pad: Parameters<ComputeConvInfo>[4];
  readonly dimRoundingMode?: Parameters<ComputeConvInfo>[5];
  readonly dataFormat?: string;
  readonly filterShape: [number, number, number, number];
  readonly inputShape: [number, number, number, number];
}

/** What a kernel function gets; `inputs` are live tensors of the `wasm` backend. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs?: object;
}

/** Sizes, strides and paddings of a convolution in NHWC. */
export function convInfo(
  tf: Tf,
  attributes: ConvAttributes,
  inputShape: readonly number[],
  filterShape: readonly number[],
  depthwise: boolean,
): ConvInfo {
  if ((attributes.dataFormat ?? "NHWC") !== "NHWC") {
    throw new Error(`the wasm backend has gradients of convolutions in NHWC only, not ${attributes.dataFormat}`);
  }
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attributes.strides,
    attributes.dilations ?? 1,
    attributes.pad,
    attributes.dimRoundingMode,
    depthwise,
  );
}

/** True for 1×1 kernels that touch each pixel once: plain matrix products. */
export function isPointwise(info: ConvInfo): boolean {
  const { top, bottom, left, right } = info.padInfo;
  const single = info.filterHeight === 1 && info.filterWidth === 1 && info.strideHeight === 1 && info.strideWidth === 1;
  return single && top === 0 && bottom === 0 && left === 0 && right === 0;
}

/** Kernels get plain tensor records; operations want tensors. */
export function tensorOf(input: TensorInfo | undefined): Tensor {
  return input as Tensor;
}
