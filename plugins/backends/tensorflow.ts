import { availableParallelism } from "node:os";
import { type Backend, defineProvider, KdflowError, type ProviderOf } from "../../core/index.ts";
import type { BackendsTensorflowOptions } from "../options.ts";
import { createEagerForward } from "./eager/eager-forward.ts";
import { createEagerStep } from "./eager/eager-step.ts";
import { interruptible } from "./eager/interruptible.ts";
import { createNamespace } from "./layers/namespace.ts";
import { findNative } from "./native/cache.ts";
import { provisionNative } from "./native/provision.ts";
import { createCapturedForward } from "./tensorflow/capture/captured-forward.ts";
import { createCapturedStep } from "./tensorflow/capture/captured-step.ts";
import { temporaryFolder } from "./tensorflow/capture/temporary-folder.ts";
import { fusedNativeOps } from "./tensorflow/fused-native-ops.ts";
import { registerGather } from "./tensorflow/gather-kernel.ts";
import { loadTensorflow } from "./tensorflow/load-tensorflow.ts";
import { nativeBackend } from "./tensorflow/native-backend.ts";
import { registerPointwiseGradient } from "./tensorflow/pointwise-gradient.ts";

const numericClass = "tensorflow";

/** Forced eager steps differ in the last bits from captured ones, and must not share keys with them. */
function numericClassNow(): string {
  return process.env["KDFLOW_STEP"] === "eager" ? `${numericClass}-eager` : numericClass;
}

const notProvisioned = "the native addon of @tensorflow/tfjs-node is not built";

/** TensorFlow's C library through tfjs-node: the backend to train with. */
export const tensorflow: ProviderOf<"backends"> = defineProvider<"backends", BackendsTensorflowOptions>("backends", {
  id: "tensorflow",
  summary: "TensorFlow's C library through @tensorflow/tfjs-node; provisioned by `kdflow setup`",
  cacheVersion: 1,
  cacheIgnore: ["threads"],
  numericClass,
  priority: 20,
  async probe() {
    const install = await findNative();
    if (install === undefined) return { available: false, reason: `${notProvisioned}: run \`kdflow setup\`` };
    const version = install.tensorflow === undefined ? "" : ` ${install.tensorflow}`;
    return {
      available: true,
      detail: `TensorFlow${version} in ${install.packageFolder}`,
      numericClass: numericClassNow(),
    };
  },
  provision: provisionNative,
  async create(options, { scratch = temporaryFolder, signal } = {}) {
    const install = await findNative();
    if (install === undefined) {
      throw new KdflowError("KDF_TENSORS_NO_BACKEND", notProvisioned, { hint: "run `kdflow setup`" });
    }
    const stock = await loadTensorflow(install.packageFolder, options.threads);
    const isEager = numericClassNow() !== numericClass;
    const native = nativeBackend(stock);
    registerGather(stock, native);
    registerPointwiseGradient(stock);
    const tf = createNamespace(stock, fusedNativeOps(stock, native));
    const backend: Backend = {
      id: "tensorflow",
      numericClass: numericClassNow(),
      details: {
        tfjs: stock.version.tfjs,
        tensorflow: native.binding.TF_Version,
        threads: options.threads ?? availableParallelism(),
      },
      tf,
      createStep: async (spec) => (isEager ? createEagerStep(tf, spec) : createCapturedStep(tf, native, spec, scratch)),
      createForward: (spec) =>
        isEager ? createEagerForward(tf, spec) : createCapturedForward(tf, native, spec, scratch),
    };
    return interruptible(backend, signal);
  },
});
