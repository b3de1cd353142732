import { KdflowError } from "../errors/kdflow-error.ts";
import type { RegisteredProvider } from "./registry.ts";

/** The plugin that comes with kdflow: what its providers throw by mistake is our bug, not a plugin's. */
export const builtinPluginName = "kdflow";

/** How the message of {@link asPluginError} ends as long as the stage is not known. */
const withoutStage = " failed";

/**
 * What a provider threw, as an error that names its plugin, itself and the stage. A `KdflowError` was thrown on
 * purpose and stays, but for the stage that a component's error lacks; the reason of an abort stays too.
 *
 * @returns KDF_PLUGIN_PROVIDER with the thrown error as cause; for built-in providers the thrown error itself
 */
export function asPluginError(
  thrown: unknown,
  registered: Pick<RegisteredProvider, "provider" | "plugin">,
  stage: string | undefined,
): unknown {
  const where = stage === undefined ? "" : ` in stage "${stage}"`;
  if (thrown instanceof KdflowError) {
    if (thrown.code !== "KDF_PLUGIN_PROVIDER" || !thrown.message.endsWith(withoutStage)) return thrown;
    return new KdflowError(thrown.code, `${thrown.message}${where}`, {
      hint: thrown.hint,
      where: thrown.where,
      cause: thrown.cause,
    });
  }
  const { provider, plugin } = registered;
  if (isAbort(thrown) || plugin.name === builtinPluginName) return thrown;
  const name = `${provider.family}/${provider.id} of plugin "${plugin.name}" ${plugin.version}`;
  return new KdflowError("KDF_PLUGIN_PROVIDER", `${name}${withoutStage}${where}`, {
    hint: "report it to the plugin's author with the cause below",
    cause: thrown instanceof Error ? thrown : new Error(`it threw ${thrown ? String(thrown) : "nothing"}`),
  });
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
