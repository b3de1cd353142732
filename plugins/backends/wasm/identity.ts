import type { TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { type KernelCall, tensorOf } from "./conv-info.ts";
import { wasmBackend } from "./heap.ts";

/** A clone that shares memory, as on the other backends; the package's own copies every activation the tape keeps. */
export function identity(tf: Tf, { inputs }: KernelCall): TensorInfo {
  const { dataId, shape, dtype } = tensorOf(inputs["x"]);
  wasmBackend(tf).incRef(dataId);
  return { dataId, shape, dtype };
}
