import type { Backend, BackendProbe, ProviderOf } from "../../core/index.ts";
import { chooseBackend, createBackend } from "../../core/tensors/select.ts";
import { cpu } from "../../plugins/backends/cpu.ts";
import { tensorflow } from "../../plugins/backends/tensorflow.ts";
import { wasm } from "../../plugins/backends/wasm.ts";

export const backendProviders: readonly ProviderOf<"backends">[] = [tensorflow, wasm, cpu];

const loaded = new Map<string, Promise<Backend>>();

/**
 * The backend that tests run on: the best one that is there, or the one that $KDFLOW_TEST_BACKEND names. One per
 * process.
 */
export function testBackend(): Promise<Backend> {
  return loadBackend(process.env["KDFLOW_TEST_BACKEND"] ?? "auto");
}

/**
 * A backend by id, made the one that operations run on. Backends of one process share TensorFlow.js's engine: tensors
 * of one must not be used after another was loaded.
 */
export async function loadBackend(id: string): Promise<Backend> {
  const known = loaded.get(id) ?? load(id);
  loaded.set(id, known);
  const backend = await known;
  await backend.tf.setBackend(backend.id);
  return backend;
}

/** Why tests of the native backend cannot run here; `undefined` where they can. */
export async function nativeReason(): Promise<string | undefined> {
  const probe: BackendProbe = await tensorflow.probe();
  return probe.available ? undefined : probe.reason;
}

async function load(id: string): Promise<Backend> {
  return createBackend(await chooseBackend(id, backendProviders));
}
