import { KdflowError } from "../errors/kdflow-error.ts";
import type { RegisteredProvider } from "./registry.ts";

/** The plugin that comes with kdflow: what its providers throw by mistake is our bug, not a plugin's. */
export const builtinPluginName = "kdflow";

/**
 * What a provider threw, as an error that names its plugin, itself and the stage. A `KdflowError` was thrown on
 * purpose and stays; so does the reason of an abort.
 *
 * @returns KDF_PLUGIN_PROVIDER with the thrown error as cause; for built-in providers the thrown error itself
 */
export function asPluginError(thrown: unknown, registered: RegisteredProvider, stage: string | undefined): unknown {
  if (thrown instanceof KdflowError || isAbort(thrown)) return thrown;
  const { provider, plugin } = registered;
  if (plugin.name === builtinPluginName) return thrown;
  const where = stage === undefined ? "" : ` in stage "${stage}"`;
  return new KdflowError(
    "KDF_PLUGIN_PROVIDER",
    `${provider.family}/${provider.id} of plugin "${plugin.name}" ${plugin.version} failed${where}`,
    {
      hint: "report it to the plugin's author with the cause below",
      cause: thrown instanceof Error ? thrown : new Error(`it threw ${thrown ? String(thrown) : "nothing"}`),
    },
  );
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
