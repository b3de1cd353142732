import { createRequire } from "node:module";
import { join, sep } from "node:path";
import type { Tf } from "../../../core/index.ts";
import { loadTfjs, packageFolder, useBackend } from "../tfjs/load-tfjs.ts";

const wasmPackage = "@tensorflow/tfjs-backend-wasm";

/** What is used of the package; it registers its kernels with the copy of TensorFlow.js beside it when it loads. */
interface WasmPackage {
  setWasmPaths(folder: string): void;
  readonly version_wasm: string;
}

/** Loads TensorFlow.js with the `wasm` backend set. */
export async function loadWasm(): Promise<{ readonly tf: Tf; readonly version: string }> {
  const tf = loadTfjs();
  const backend = createRequire(import.meta.url)(wasmPackage) as WasmPackage;
  backend.setWasmPaths(join(packageFolder(wasmPackage) ?? "", "dist") + sep);
  await withoutNewListeners(() => useBackend(tf, "wasm"));
  return { tf, version: backend.version_wasm };
}

/**
 * Emscripten's loader listens for uncaught errors of the whole process and throws them anew, which hides where they
 * came from; what it adds is removed again.
 */
async function withoutNewListeners(load: () => Promise<void>): Promise<void> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(listenersOf(event)));
  await load();
  events.forEach((event, i) => {
    for (const listener of listenersOf(event)) if (!before[i]?.has(listener)) process.removeListener(event, listener);
  });
}

function listenersOf(event: string): ((...args: unknown[]) => void)[] {
  return (process as NodeJS.EventEmitter).listeners(event) as ((...args: unknown[]) => void)[];
}
