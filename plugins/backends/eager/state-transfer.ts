import type { Variable } from "@tensorflow/tfjs";
import { type HostState, KdflowError, type StateVariable, type Tf } from "../../../core/index.ts";

/** Copies of all variables, by name. */
export async function readVariables(state: readonly StateVariable[]): Promise<HostState> {
  const host = new Map<string, Float32Array>();
  // data() may hand out the backend's own memory, hence the copy
  for (const { name, variable } of state) host.set(name, Float32Array.from(await variable.data()));
  return host;
}

/**
 * Assigns all variables from host arrays. Nothing is assigned unless everything fits.
 *
 * @throws KDF_TRAIN_CHECKPOINT where names or sizes differ
 */
export function writeVariables(tf: Tf, state: readonly StateVariable[], host: HostState): void {
  assertFits(state, host);
  tf.tidy(() => {
    for (const { name, variable } of state) variable.assign(tensorLike(tf, variable, host.get(name)));
  });
}

function tensorLike(tf: Tf, variable: Variable, values: Float32Array | undefined) {
  const { shape, dtype } = variable;
  const own = dtype === "float32" ? Float32Array.from(values ?? []) : Int32Array.from(values ?? []);
  return tf.tensor(own, shape, dtype);
}

function assertFits(state: readonly StateVariable[], host: HostState): void {
  const known = new Set(state.map(({ name }) => name));
  const missing = state.filter(({ name }) => !host.has(name)).map(({ name }) => name);
  const unknown = [...host.keys()].filter((name) => !known.has(name));
  if (missing.length > 0) throw misfit(`it lacks ${listed(missing)}`);
  if (unknown.length > 0) throw misfit(`the model has no ${listed(unknown)}`);
  for (const { name, variable } of state) {
    const length = host.get(name)?.length;
    if (length === variable.size) continue;
    throw misfit(
      `"${name}" has ${length} numbers, but the model's [${variable.shape.join(", ")}] takes ${variable.size}`,
    );
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `"${name}"`);
  return names.length > shown.length ? `${shown.join(", ")} and ${names.length - shown.length} more` : shown.join(", ");
}

function misfit(detail: string): KdflowError {
  return new KdflowError("KDF_TRAIN_CHECKPOINT", `the saved state does not fit the model: ${detail}`);
}
