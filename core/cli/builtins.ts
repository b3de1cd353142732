import { builtins } from "../../plugins/index.ts";
import { createRegistry } from "../plugins/create-registry.ts";
import { createHooks } from "../plugins/hooks.ts";
import type { ProviderOf } from "../plugins/provider.ts";
import type { Registry } from "../plugins/registry.ts";

/** What kdflow brings itself, without a pipeline file. */
export async function builtinRegistry(): Promise<Registry> {
  const { signal } = new AbortController();
  return createRegistry({ hooks: createHooks(), builtins, plugins: [], baseDir: process.cwd(), signal });
}

/** The backends that are supplied, in the order in which `auto` tries them. */
export async function backendsByPriority(registry: Registry): Promise<readonly ProviderOf<"backends">[]> {
  const found = await Promise.all(registry.ids("backends").map((id) => registry.find("backends", id)));
  return found.map(({ provider }) => provider).sort((a, b) => b.priority - a.priority);
}
