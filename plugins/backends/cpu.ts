import { type Backend, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { BackendsCpuOptions } from "../options.ts";
import { createEagerForward } from "./eager/eager-forward.ts";
import { createEagerStep } from "./eager/eager-step.ts";
import { interruptible } from "./eager/interruptible.ts";
import { createNamespace } from "./layers/namespace.ts";
import { loadTfjs, packageFolder, useBackend } from "./tfjs/load-tfjs.ts";

/** Plain JavaScript: right, always there, and far too slow for anything but tiny tests. */
export const cpu: ProviderOf<"backends"> = defineProvider<"backends", BackendsCpuOptions>("backends", {
  id: "cpu",
  summary: "TensorFlow.js in plain JavaScript, for tiny tests",
  cacheVersion: 1,
  numericClass: "cpu",
  priority: 0,
  async probe() {
    if (packageFolder("@tensorflow/tfjs") === undefined) {
      return { available: false, reason: "the package @tensorflow/tfjs is not installed" };
    }
    return { available: true, detail: "plain JavaScript" };
  },
  async create(_options, place) {
    const stock = loadTfjs();
    await useBackend(stock, "cpu");
    const tf = createNamespace(stock, {});
    const backend: Backend = {
      id: "cpu",
      numericClass: "cpu",
      details: { tfjs: stock.version.tfjs, threads: 1 },
      tf,
      blocks: true,
      createStep: async (spec) => createEagerStep(tf, spec),
      createForward: (spec) => createEagerForward(tf, spec),
    };
    return interruptible(backend, place?.signal);
  },
});
