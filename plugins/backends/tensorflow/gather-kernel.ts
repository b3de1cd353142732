import type { GatherV2Attrs, KernelConfig, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { NativeBackend } from "./native-backend.ts";

interface GatherCall {
  readonly inputs: { readonly x: Tensor; readonly indices: Tensor };
  readonly attrs: GatherV2Attrs;
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
  const { TF_ATTR_INT, TF_ATTR_TYPE, TF_FLOAT, TF_INT32, TF_BOOL } = native.binding;
  const dtype = x.dtype === "int32" ? TF_INT32 : x.dtype === "bool" ? TF_BOOL : TF_FLOAT;
  const axis = tf.scalar(attrs.axis, "int32");
  const attributes = [
    { name: "batch_dims", type: TF_ATTR_INT, value: attrs.batchDims },
    { name: "Tparams", type: TF_ATTR_TYPE, value: dtype },
    { name: "Tindices", type: TF_ATTR_TYPE, value: TF_INT32 },
    { name: "Taxis", type: TF_ATTR_TYPE, value: TF_INT32 },
  ];
  const gathered = native.executeSingleOutput(kernelName, attributes, [x, indices, axis]);
  axis.dispose();
  return gathered;
}
