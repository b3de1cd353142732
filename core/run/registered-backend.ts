import type { Backend } from "../contracts/backend.ts";
import type { BackendPlace } from "../plugins/provider.ts";
import type { Registry } from "../plugins/registry.ts";
import { chooseBackend, createBackend } from "../tensors/select.ts";

/** A backend picked among those that plugins supply; loaded when the first stage needs tensors. */
export interface ChosenBackend {
  readonly id: string;
  /** Enters the keys of numeric stages. */
  readonly numericClass: string;
  readonly details: Readonly<Record<string, string | number>>;
  /** @throws KDF_TENSORS_NO_BACKEND */
  load(): Promise<Backend>;
}

/**
 * Picks a backend without loading it.
 *
 * @param wanted `auto`, or a backend's id
 * @throws KDF_TENSORS_NO_BACKEND naming `kdflow setup`
 */
export async function registeredBackend(
  wanted: string,
  registry: Registry,
  place?: BackendPlace,
): Promise<ChosenBackend> {
  const found = await Promise.all(registry.ids("backends").map((id) => registry.find("backends", id)));
  const choice = await chooseBackend(
    wanted,
    found.map(({ provider }) => provider),
  );
  const { provider, numericClass, detail } = choice;
  return { id: provider.id, numericClass, details: { found: detail }, load: () => createBackend(choice, {}, place) };
}
