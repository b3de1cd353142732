import type { KernelConfig, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { NativeBackend, NativeBinding } from "./native-backend.ts";

interface GatherCall {
  readonly inputs: { readonly x: Tensor; readonly indices: Tensor };
  readonly attrs: { readonly axis: number; readonly batchDims: number };
}

const kernelName = "GatherV2";
const backendName = "tensorflow";

/**
 * Registers a `gather` that leaves the check of the indices to TensorFlow, which has it too. That of tfjs-node reads
 * them on the host first: it waits for the device in every step, and a step with a host read cannot be captured.
 */
export function registerGather(tf: Tf, native: NativeBackend): void {
  if (tf.getKernel(kernelName, backendName) !== undefined) tf.unregisterKernel(kernelName, backendName);
  const kernelFunc = (call: unknown): Tensor => gather(tf, native, call as GatherCall);
  tf.registerKernel({ kernelName, backendName, kernelFunc } as KernelConfig);
}

function gather(tf: Tf, native: NativeBackend, { inputs: { x, indices }, attrs }: GatherCall): Tensor {
  const { TF_ATTR_INT, TF_ATTR_TYPE, TF_INT32 } = native.binding;
  const axis = tf.scalar(attrs.axis, "int32");
  const attributes = [
    { name: "batch_dims", type: TF_ATTR_INT, value: attrs.batchDims },
    { name: "Tparams", type: TF_ATTR_TYPE, value: dtypeOf(x, native.binding) },
    { name: "Tindices", type: TF_ATTR_TYPE, value: TF_INT32 },
    { name: "Taxis", type: TF_ATTR_TYPE, value: TF_INT32 },
  ];
  const gathered = native.executeSingleOutput(kernelName, attributes, [x, indices, axis]);
  axis.dispose();
  return gathered;
}

function dtypeOf({ dtype }: Tensor, { TF_FLOAT, TF_INT32, TF_BOOL, TF_COMPLEX64, TF_STRING }: NativeBinding): number {
  return { float32: TF_FLOAT, int32: TF_INT32, bool: TF_BOOL, complex64: TF_COMPLEX64, string: TF_STRING }[dtype];
}
