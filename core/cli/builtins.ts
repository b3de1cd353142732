import { builtins } from "../../plugins/index.ts";
import { familyNames } from "../contracts/kinds.ts";
import { createRegistry } from "../plugins/create-registry.ts";
import type { Plugin } from "../plugins/define.ts";
import { createHooks } from "../plugins/hooks.ts";
import type { ProviderOf } from "../plugins/provider.ts";
import type { RegisteredProvider, Registry } from "../plugins/registry.ts";

/** Reads photos for commands that work without a pipeline. */
export { openPhotoReader } from "../../plugins/index.ts";

/** What every pipeline can name without loading a plugin. */
export const builtinPlugins: readonly Plugin[] = [builtins];

/** What kdflow brings itself, without a pipeline file. */
export function builtinRegistry(): Promise<Registry> {
  return createRegistry({ hooks: createHooks(), builtins: builtinPlugins, plugins: [], baseDir: process.cwd() });
}

/** Every provider that is declared, by family in the order of the docs. */
export function declaredProviders(registry: Registry): Promise<readonly RegisteredProvider[]> {
  const names = familyNames.flatMap((family) => registry.ids(family).map((id) => ({ family, id })));
  return Promise.all(names.map(({ family, id }) => registry.find(family, id)));
}

/** The backends that are supplied, in the order in which `auto` tries them. */
export async function backendsByPriority(registry: Registry): Promise<readonly ProviderOf<"backends">[]> {
  const found = await Promise.all(registry.ids("backends").map((id) => registry.find("backends", id)));
  return found.map(({ provider }) => provider).sort((a, b) => b.priority - a.priority);
}
