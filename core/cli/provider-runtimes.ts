import type { ProviderRuntime } from "../plugins/provider.ts";
import type { Registry } from "../plugins/registry.ts";
import { declaredProviders } from "./builtins.ts";

/** The runtimes that providers need beside a tensor backend, each once, by name. */
export async function providerRuntimes(registry: Registry): Promise<readonly ProviderRuntime[]> {
  const found = new Map<string, ProviderRuntime>();
  for (const { provider } of await declaredProviders(registry)) {
    if (provider.runtime !== undefined && !found.has(provider.runtime.name)) {
      found.set(provider.runtime.name, provider.runtime);
    }
  }
  return [...found.values()];
}
