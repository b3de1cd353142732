import { builtins } from "../../plugins/index.ts";
import { familyNames } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import { createRegistry } from "../plugins/create-registry.ts";
import type { Plugin } from "../plugins/define.ts";
import { createHooks } from "../plugins/hooks.ts";
import type { ProviderOf } from "../plugins/provider.ts";
import type { RegisteredProvider, Registry } from "../plugins/registry.ts";

/** Reads photos and scores detections for commands that work without a pipeline. */
export {
  openPhotoReader,
  overfitArguments,
  providersText,
  runsDiffText,
  scoreDetectionFiles,
  scoreProtocols,
} from "../../plugins/index.ts";

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

/**
 * The backend that is wanted; without a wish, or for `auto`, all in the order in which `auto` tries them.
 *
 * @throws KDF_CLI_USAGE for a backend that nobody supplies
 */
export async function wantedBackends(
  wanted: string | undefined,
  registry: Registry,
): Promise<readonly ProviderOf<"backends">[]> {
  const ids = registry.ids("backends");
  if (wanted !== undefined && wanted !== "auto" && !ids.includes(wanted)) {
    throw new KdflowError("KDF_CLI_USAGE", `"${wanted}" is not a backend`, {
      hint: allowedHint(wanted, ["auto", ...ids]),
    });
  }
  const chosen = wanted === undefined || wanted === "auto" ? ids : [wanted];
  const found = await Promise.all(chosen.map((id) => registry.find("backends", id)));
  return found.map(({ provider }) => provider).sort((a, b) => b.priority - a.priority);
}
