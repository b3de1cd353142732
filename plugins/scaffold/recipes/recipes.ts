import { readdir, readFile } from "node:fs/promises";
import { allowedHint, KdflowError } from "../../../core/index.ts";

/** A pipeline that comes with kdflow. */
export interface Recipe {
  /** Its path without the ending: `classification/kd/shufflenet-v2-from-resnet`. */
  readonly name: string;
  /** One line on what it does. */
  readonly summary: string;
  readonly text: string;
  readonly url: URL;
}

/** Beside the sources, and one level above them once compiled. */
const folder = new URL(
  import.meta.url.endsWith(".ts") ? "../../../pipelines/" : "../../../../pipelines/",
  import.meta.url,
);

/** All recipes, by name. */
export async function listRecipes(): Promise<readonly Recipe[]> {
  const files = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/"));
  const recipes = files.filter((name) => name.endsWith(".yaml")).sort();
  return Promise.all(
    recipes.map(async (file) => {
      const text = await readFile(new URL(file, folder), "utf8");
      return { name: file.slice(0, -".yaml".length), summary: summaryOf(text), text, url: new URL(file, folder) };
    }),
  );
}

/** The first sentence of the comment at the top, which may go over several lines. */
function summaryOf(text: string): string {
  const [, ...lines] = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("# ") || /^# [A-Z][a-z]+( [a-z]+)?: /.test(line));
  const comment = lines.slice(0, end).map((line) => line.slice(2));
  return /^.*?\.(?= |$)/.exec(comment.join(" "))?.[0] ?? comment.join(" ");
}

/**
 * The recipe of that name, or the only one whose name ends so.
 *
 * @throws KDF_CLI_USAGE with the nearest names
 */
export async function findRecipe(wanted: string): Promise<Recipe> {
  const recipes = await listRecipes();
  const name = wanted.replace(/^pipelines\//, "").replace(/\.yaml$/, "");
  const ending = recipes.filter((recipe) => recipe.name.endsWith(`/${name}`));
  const found = recipes.find((recipe) => recipe.name === name) ?? (ending.length === 1 ? ending[0] : undefined);
  if (found !== undefined) return found;
  const names = (ending.length > 1 ? ending : recipes).map((recipe) => recipe.name);
  const message =
    ending.length > 1 ? `"${wanted}" is the end of several recipes' names` : `"${wanted}" is not a recipe`;
  throw new KdflowError("KDF_CLI_USAGE", message, {
    hint: [allowedHint(name, names, "recipes"), "kdflow recipes lists them"],
  });
}
