import { type Backend, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { BackendsWasmOptions } from "../options.ts";
import { createEagerForward } from "./eager/eager-forward.ts";
import { createEagerStep } from "./eager/eager-step.ts";
import { interruptible } from "./eager/interruptible.ts";
import { createNamespace } from "./layers/namespace.ts";
import { findNative } from "./native/cache.ts";
import { packageFolder } from "./tfjs/load-tfjs.ts";
import { fusedHeapOps } from "./wasm/fused-heap-ops.ts";
import { loadWasm } from "./wasm/load-wasm.ts";
import { registerGradientKernels } from "./wasm/register-kernels.ts";

/** The fallback that always installs: WebAssembly with SIMD, one thread. */
export const wasm: ProviderOf<"backends"> = defineProvider<"backends", BackendsWasmOptions>("backends", {
  id: "wasm",
  summary: "TensorFlow.js on WebAssembly with SIMD, one thread; works wherever Node does",
  cacheVersion: 1,
  numericClass: "wasm",
  priority: 10,
  async probe() {
    const missing = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"].filter((name) => !packageFolder(name));
    if (missing.length > 0) return { available: false, reason: `not installed: ${missing.join(", ")}` };
    const faster = (await findNative()) === undefined ? "; run `kdflow setup` for one that is many times as fast" : "";
    return { available: true, detail: `WebAssembly, one thread${faster}` };
  },
  async create(_options, place) {
    const { tf: stock, version } = await loadWasm();
    registerGradientKernels(stock);
    const tf = createNamespace(stock, fusedHeapOps(stock));
    const backend: Backend = {
      id: "wasm",
      numericClass: "wasm",
      details: { tfjs: stock.version.tfjs, wasm: version, threads: 1 },
      tf,
      blocks: true,
      createStep: async (spec) => createEagerStep(tf, spec),
      createForward: (spec) => createEagerForward(tf, spec),
    };
    return interruptible(backend, place?.signal);
  },
});
