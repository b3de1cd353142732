import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** An attribute of a TensorFlow operation, as the addon takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string | readonly number[] | readonly boolean[];
}

export type NativeArray = Float32Array | Int32Array | Uint8Array;

/** What the addon says of a tensor that an operation gave. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** The part of the addon that is used here. Every call is synchronous; tensors are numbers that are never used twice. */
export interface NativeBinding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_UINT8: number;
  readonly TF_COMPLEX64: number;
  readonly TF_STRING: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_SHAPE: number;
  createTensor(shape: readonly number[], dtype: number, values: NativeArray): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): NativeArray;
  executeOp(op: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number): NativeTensor[];
  /** @param tags of the saved graph, separated by commas */
  loadSavedModel(directory: string, tags: string): number;
  /** @param inputNames and outputNames `node:output`, separated by commas */
  runSavedModel(session: number, inputs: readonly number[], inputNames: string, outputNames: string): NativeTensor[];
  deleteSavedModel(session: number): void;
}

/** What is used of tfjs-node's backend: it runs any operation of the C library. */
export interface NativeBackend {
  /** Replaced while operations are recorded. */
  binding: NativeBinding;
  /** The addon's numbers of tensors; uploads those that are still on the host. */
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  executeSingleOutput(op: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
}

export function nativeBackend(tf: Tf): NativeBackend {
  return tf.backend() as unknown as NativeBackend;
}
