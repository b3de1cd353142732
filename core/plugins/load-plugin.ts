import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { KdflowError, type SourcePlace } from "../errors/kdflow-error.ts";
import { apiVersion, satisfies } from "./api-version.ts";
import { checkPlugin } from "./check-plugin.ts";
import type { Plugin } from "./define.ts";
import { createEngine } from "./engine.ts";
import type { Hooks } from "./hooks.ts";
import { tapAs } from "./interceptor.ts";
import { builtinPluginName } from "./plugin-error.ts";
import type { PluginOrigin } from "./registry.ts";
import { type PluginRequest, type ResolvedPlugin, resolvePlugin } from "./resolve-plugin.ts";

/** A plugin in memory, checked but not yet applied. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly origin: PluginOrigin;
  /** Where the pipeline names it; built-in plugins have no place. */
  readonly place?: SourcePlace | undefined;
}

export interface LoadOptions {
  readonly baseDir: string;
  readonly signal?: AbortSignal | undefined;
  /** How long the import of one plugin may take. */
  readonly importTimeoutMs: number;
}

/**
 * Finds, imports and checks one plugin.
 *
 * @throws KDF_PLUGIN_NOT_FOUND, KDF_PLUGIN_LOAD, KDF_PLUGIN_INVALID or KDF_PLUGIN_API_VERSION, all with the place of
 * the YAML line
 */
export async function loadPlugin(request: PluginRequest, options: LoadOptions): Promise<LoadedPlugin> {
  options.signal?.throwIfAborted();
  const resolved = await resolvePlugin(request, options.baseDir);
  const exported = await importPlugin(resolved, request, options);
  const plugin = at(request.place, () => {
    const checked = checkPlugin(exported, request.request);
    checkName(checked);
    checkApiVersion(checked, request);
    return checked;
  });
  const digest = resolved.isLocalFile ? await digestOfFile(resolved.path) : `${plugin.name}@${plugin.version}`;
  return { plugin, origin: { name: plugin.name, version: plugin.version, digest }, place: request.place };
}

/** Hashing is imported for those who have plugins of their own; the built-in ones are enough for most. */
async function digestOfFile(path: string): Promise<string> {
  return (await import("./plugin-digest.ts")).pluginDigest(path);
}

/**
 * Lets a plugin tap hooks.
 *
 * @throws KDF_PLUGIN_LOAD, or KDF_PLUGIN_HOOK_UNKNOWN where it taps what does not exist
 */
export function applyPlugin({ plugin, place }: LoadedPlugin, hooks: Hooks): void {
  // Following who taps what through promises makes every later promise slower in Node 20.
  if (plugin.apply === undefined) return;
  let returned: unknown;
  try {
    returned = tapAs(plugin.name, place, () => plugin.apply?.(createEngine(hooks)));
  } catch (error) {
    if (error instanceof KdflowError && error.code === "KDF_PLUGIN_HOOK_UNKNOWN") {
      const message = error.message.startsWith("plugin ") ? error.message : `plugin "${plugin.name}": ${error.message}`;
      throw new KdflowError(error.code, message, { hint: error.hint, where: place });
    }
    throw loadError(`plugin "${plugin.name}" failed in its \`apply\``, error, place);
  }
  if (returned instanceof Promise) {
    returned.catch(() => undefined);
    throw new KdflowError("KDF_PLUGIN_INVALID", `\`apply\` of plugin "${plugin.name}" is asynchronous`, {
      hint: "tap hooks at once; do slow work inside a tap, which is awaited",
      where: place,
    });
  }
}

async function importPlugin(resolved: ResolvedPlugin, request: PluginRequest, options: LoadOptions): Promise<unknown> {
  const { request: name, place } = request;
  const { signal, importTimeoutMs } = options;
  let stop: () => void = () => undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const hang = (): void =>
      reject(
        new KdflowError(
          "KDF_PLUGIN_LOAD",
          `plugin "${name}" is still being imported after ${importTimeoutMs / 1000} s`,
          {
            hint: [
              "a top-level `await` in it does not settle; report it to the plugin's author",
              "where it is only slow, set KDFLOW_PLUGIN_TIMEOUT to more seconds",
            ],
            where: place,
          },
        ),
      );
    const timer = setTimeout(hang, importTimeoutMs);
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  });
  const imported = import(pathToFileURL(resolved.path).href).catch((error: unknown) => {
    throw loadError(`plugin "${name}" cannot be imported`, error, place, typescriptHint(resolved.path));
  });
  try {
    const module: { plugin?: unknown; default?: unknown } = await Promise.race([imported, tooLong]);
    return module.plugin ?? module.default;
  } finally {
    stop();
  }
}

function typescriptHint(path: string): string[] {
  const canRun = "typescript" in process.features && process.features.typescript;
  if (!/^\.[cm]?ts$/u.test(extname(path)) || canRun) return [];
  return [`Node ${process.versions.node} cannot import TypeScript; compile the file, or use Node 22.18 or newer`];
}

function checkName(plugin: Plugin): void {
  if (plugin.name !== builtinPluginName && !plugin.name.startsWith("kdflow:")) return;
  throw new KdflowError("KDF_PLUGIN_INVALID", `a plugin may not call itself "${plugin.name}"`, {
    hint: "that name is kdflow's own; take the name of your package",
  });
}

function checkApiVersion(plugin: Plugin, { request, anyApi }: PluginRequest): void {
  const fits = satisfies(apiVersion, plugin.kdflow);
  if (fits === true || (fits === false && anyApi === true)) return;
  if (fits === undefined) {
    throw new KdflowError(
      "KDF_PLUGIN_INVALID",
      `plugin "${plugin.name}" has a range of the plugin API that cannot be read: "${plugin.kdflow}"`,
      { hint: "write a range such as ^1, 1, >=1 <2 or *" },
    );
  }
  throw new KdflowError(
    "KDF_PLUGIN_API_VERSION",
    `plugin "${plugin.name}" ${plugin.version} was written for plugin API "${plugin.kdflow}", this is ${apiVersion}`,
    {
      hint: [
        "install a version of the plugin, or of kdflow, that fits the other",
        `or try it as it is: plugins: [{ use: ${request}, anyApi: true }]`,
      ],
    },
  );
}

/** Gives errors of `check` the place of the YAML line. */
function at<T>(place: SourcePlace | undefined, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof KdflowError)) throw error;
    throw new KdflowError(error.code, error.message, { hint: error.hint, where: place, cause: error.cause });
  }
}

/** KDF_PLUGIN_LOAD with what was thrown as cause. */
export function loadError(
  message: string,
  thrown: unknown,
  place: SourcePlace | undefined,
  hint: readonly string[] = [],
): KdflowError {
  const cause = thrown instanceof Error ? thrown : new Error(`it threw ${thrown ? String(thrown) : "nothing"}`);
  return new KdflowError("KDF_PLUGIN_LOAD", message, { cause, hint, where: place });
}
