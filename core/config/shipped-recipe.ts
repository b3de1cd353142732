import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { allowedHint } from "../errors/nearest.ts";

/** Beside the sources, and one level above them once compiled. */
const folder = new URL(import.meta.url.endsWith(".ts") ? "../../pipelines/" : "../../../pipelines/", import.meta.url);
const prefix = "kdflow/";

/**
 * The file of a recipe that comes with kdflow, by what `extends` says: `kdflow/` and the name that `kdflow recipes`
 * prints. `undefined` for a path.
 *
 * @returns the file, or hints where there is no such recipe
 */
export async function shippedRecipe(
  said: string,
): Promise<{ readonly file: string } | { readonly hint: string[] } | undefined> {
  if (!said.startsWith(prefix)) return undefined;
  const name = said.slice(prefix.length).replace(/\.yaml$/, "");
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".yaml"));
  const names = files.map((file) => file.replaceAll("\\", "/").slice(0, -".yaml".length)).sort();
  if (names.includes(name)) return { file: fileURLToPath(new URL(`${name}.yaml`, folder)) };
  const own = `\`kdflow recipes\` lists them; a folder of your own is \`./${prefix}…\``;
  const beside = names.filter((known) => known.startsWith(name.slice(0, name.lastIndexOf("/") + 1)));
  const near = (beside.length > 0 ? beside : names).map((known) => prefix + known);
  return { hint: [allowedHint(said, near, "recipes"), own] };
}
