import { basename, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { KdflowError } from "../../../core/index.ts";
import { schemaLine } from "../init/compose.ts";
import type { ScaffoldHost } from "../init/host.ts";
import { type InitRequest, type InitResult, targetOf, writePlanned } from "../init/init-pipeline.ts";
import { findRecipe } from "./recipes.ts";

/** Answers that make sense beside a recipe. */
const allowed = ["output", "overwrite"];

/**
 * Copies a recipe into the working directory and plans it.
 *
 * @throws KDF_CLI_USAGE for a recipe that does not exist, and for answers to questions that it leaves no room for
 */
export async function fromRecipe(host: ScaffoldHost, wanted: string, request: InitRequest): Promise<InitResult> {
  const recipe = await findRecipe(wanted);
  const other = [...request.given.keys()].find((flag) => !allowed.includes(flag));
  if (other !== undefined) {
    throw new KdflowError("KDF_CLI_USAGE", `--${other} answers a question, and --from takes a recipe as it is`, {
      hint: "change the file afterwards, or leave --from out",
    });
  }
  const file = await targetOf(host, request, `${basename(recipe.name)}.yaml`);
  const [, ...lines] = recipe.text.split("\n");
  const base = (_: string, path: string): string => `extends: ${fromFolder(host.cwd, new URL(path, recipe.url))}`;
  const text = [schemaLine, ...lines]
    .join("\n")
    .replaceAll(`pipelines/${recipe.name}.yaml`, file)
    .replace(/^extends: (\S+)$/m, base);
  return writePlanned(host, file, text, { mayLack: true });
}

/** What a file in a folder says for another one, such as the recipe on which this one stands. */
function fromFolder(folder: string, url: URL): string {
  const path = relative(resolve(folder), fileURLToPath(url)).replaceAll("\\", "/");
  return path.startsWith("..") ? path : `./${path}`;
}
