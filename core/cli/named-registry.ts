import { createRegistry } from "../plugins/create-registry.ts";
import { createHooks } from "../plugins/hooks.ts";
import type { Registry } from "../plugins/registry.ts";
import { builtinPlugins, builtinRegistry } from "./builtins.ts";
import type { NamedModel } from "./predicted-model.ts";

/** The providers of kdflow, and with a pipeline file also those of the plugins that it loads. */
export async function registryOf(file: string | undefined): Promise<Registry> {
  if (file === undefined) return builtinRegistry();
  const { openSession } = await import("../run/session.ts");
  const { pipeline } = await openSession({ file, builtins: builtinPlugins });
  return pipeline.registry;
}

/** The providers of kdflow, and those of the plugins of the run that a model is of. */
export async function registryFor({ plugins = [], baseDir = process.cwd() }: NamedModel): Promise<Registry> {
  const requests = plugins.map((request) => ({ request }));
  return createRegistry({ hooks: createHooks(), builtins: builtinPlugins, plugins: requests, baseDir });
}
