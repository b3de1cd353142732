import { isLazy } from "../plugins/check-plugin.ts";
import type { Plugin } from "../plugins/define.ts";
import type { ProviderRuntime } from "../plugins/provider.ts";
import type { Registry } from "../plugins/registry.ts";

/** The runtimes that providers need beside a tensor backend, each once; no provider without one is imported. */
export async function providerRuntimes(
  plugins: readonly Plugin[],
  registry: Registry,
): Promise<readonly ProviderRuntime[]> {
  const runtimes = new Map<string, ProviderRuntime>();
  for (const declared of plugins.flatMap(({ providers }) => providers ?? [])) {
    if (isLazy(declared) && declared.hasRuntime !== true) continue;
    const { runtime } = (await registry.find(declared.family, declared.id)).provider;
    if (runtime !== undefined && !runtimes.has(runtime.name)) runtimes.set(runtime.name, runtime);
  }
  return [...runtimes.values()];
}
