import type { FamilyName } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { checkPlugin, isLazy } from "./check-plugin.ts";
import type { Plugin } from "./define.ts";
import type { Hooks } from "./hooks.ts";
import { importTimeoutMs } from "./import-timeout.ts";
import { applyPlugin, type LoadedPlugin, loadError, loadPlugin } from "./load-plugin.ts";
import { createLookup, duplicateProvider } from "./lookup.ts";
import type { LazyProvider, Provider } from "./provider.ts";
import type { Registry } from "./registry.ts";
import type { PluginRequest } from "./resolve-plugin.ts";

export interface RegistryRequest {
  readonly hooks: Hooks;
  readonly builtins: readonly Plugin[];
  /** The entries of `plugins:` in the pipeline file. */
  readonly plugins: readonly PluginRequest[];
  /** Folder of the pipeline file, from which plugins are found. */
  readonly baseDir: string;
  readonly signal?: AbortSignal | undefined;
  /** How long the import of one plugin may take; default: what the environment says. */
  readonly importTimeoutMs?: number;
}

/**
 * Loads all plugins in order, taps the supply of what they declare, and lets them tap hooks themselves.
 *
 * @throws KDF_PLUGIN_NOT_FOUND, KDF_PLUGIN_LOAD, KDF_PLUGIN_INVALID, KDF_PLUGIN_API_VERSION, KDF_PLUGIN_DUPLICATE,
 * KDF_PLUGIN_HOOK_UNKNOWN, KDF_CLI_ENVIRONMENT
 */
export async function createRegistry(request: RegistryRequest): Promise<Registry> {
  const { hooks, baseDir, signal } = request;
  const timeoutMs = request.importTimeoutMs ?? importTimeoutMs();
  const loaded: LoadedPlugin[] = request.builtins.map(builtin);
  for (const entry of request.plugins)
    loaded.push(await loadPlugin(entry, { baseDir, signal, importTimeoutMs: timeoutMs }));
  const declared = declare(loaded);
  for (const entry of loaded) {
    supply(entry, hooks);
    applyPlugin(entry, hooks);
  }
  return createLookup(hooks, loaded, declared);
}

function builtin(plugin: Plugin): LoadedPlugin {
  checkPlugin(plugin, plugin.name);
  return { plugin, origin: { name: plugin.name, version: plugin.version } };
}

/** Ids by family; a plugin that is listed twice and a provider that two plugins declare are errors. */
function declare(loaded: readonly LoadedPlugin[]): ReadonlyMap<FamilyName, readonly string[]> {
  const owners = new Map<string, string>();
  const ids = new Map<FamilyName, string[]>();
  const names = new Set<string>();
  for (const { plugin, place } of loaded) {
    if (names.has(plugin.name)) {
      throw new KdflowError("KDF_PLUGIN_DUPLICATE", `plugin "${plugin.name}" is loaded twice`, {
        hint: "name it once in `plugins:`",
        where: place,
      });
    }
    names.add(plugin.name);
    for (const { family, id } of plugin.providers ?? []) {
      const owner = owners.get(`${family}/${id}`);
      if (owner !== undefined) throw duplicateProvider(family, id, [owner, plugin.name], place);
      owners.set(`${family}/${id}`, plugin.name);
      ids.set(family, [...(ids.get(family) ?? []), id]);
    }
  }
  return ids;
}

/** Taps `provide` for every family in which a plugin declares providers. */
function supply({ plugin }: LoadedPlugin, hooks: Hooks): void {
  for (const family of new Set((plugin.providers ?? []).map((provider) => provider.family))) {
    const own = (plugin.providers ?? []).filter((provider) => provider.family === family);
    hooks.provide.for(family).tapPromise(plugin.name, async (asked) => {
      const found = own.find((provider) => provider.id === asked.id);
      if (found !== undefined) asked.claim(isLazy(found) ? await loadLazy(found, plugin.name) : found);
    });
  }
}

async function loadLazy(provider: LazyProvider, plugin: string): Promise<Provider> {
  try {
    return await provider.load();
  } catch (error) {
    throw loadError(`${provider.family}/${provider.id} of plugin "${plugin}" cannot be imported`, error, undefined);
  }
}
