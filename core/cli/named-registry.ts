import type { Registry } from "../plugins/registry.ts";
import { builtinPlugins, builtinRegistry } from "./builtins.ts";

/** The providers of kdflow, and with a pipeline file also those of the plugins that it loads. */
export async function registryOf(file: string | undefined): Promise<Registry> {
  if (file === undefined) return builtinRegistry();
  const { openSession } = await import("../run/session.ts");
  const { pipeline } = await openSession({ file, builtins: builtinPlugins });
  return pipeline.registry;
}
