import type { TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** What is used of the `wasm` backend: its tensors lie in one WebAssembly memory that JavaScript can see. */
export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: "float32"): TensorInfo;
  /** Counts one more tensor that shares this memory. */
  incRef(dataId: object): void;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
}

export function wasmBackend(tf: Tf): WasmBackend {
  return tf.backend() as unknown as WasmBackend;
}

/** Allocates float32 outputs; their memory is not cleared. Any allocation makes views of the heap unusable. */
export function allocate(tf: Tf, ...shapes: readonly (readonly number[])[]): TensorInfo[] {
  const backend = wasmBackend(tf);
  return shapes.map((shape) => backend.makeOutput(shape, "float32"));
}

/** Views of tensors' memory; good until the next allocation. */
export function views(tf: Tf, ...tensors: readonly TensorInfo[]): Float32Array[] {
  const backend = wasmBackend(tf);
  return tensors.map((tensor) => backend.typedArrayFromHeap(tensor) as Float32Array);
}

/** The tensor of an output that our code filled. */
export function asTensor(tf: Tf, info: TensorInfo): ReturnType<typeof tf.tensor> {
  return tf.engine().makeTensorFromTensorInfo(info);
}
