import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Outputs } from "../contracts/outputs.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";

/** A folder with a stock layers model, and what stands beside it; `undefined` for what no file of the folder says. */
export interface ModelFolder {
  readonly directory: string;
  readonly classNames: readonly string[] | undefined;
  /** The id of its task, and what its outputs are. */
  readonly described?: { readonly task: string; readonly outputs: Outputs } | undefined;
}

/** Files that kdflow writes beside a model: with a trained one, and with an exported one. */
const descriptions = ["description.json", "export.json"];

/**
 * Finds the model of a folder, or of the path of a `model.json`; nothing is loaded.
 *
 * @throws KDF_INPUT_MISSING_FILE naming the folders near it that have a model, KDF_INPUT_FORMAT
 */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  const directory = basename(path) === "model.json" ? dirname(path) : path;
  if (!(await isFile(join(directory, "model.json")))) throw await noModel(directory);
  for (const name of descriptions) {
    const text = await readFile(join(directory, name), "utf8").catch(() => undefined);
    if (text !== undefined) return { directory, ...descriptionIn(text, join(directory, name)) };
  }
  return { directory, classNames: undefined };
}

function descriptionIn(text: string, path: string): Omit<ModelFolder, "directory"> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" is not JSON`, { hint: "copy the whole folder anew", cause });
  }
  const { classNames, task, outputs } = (content ?? {}) as { readonly [name: string]: unknown };
  const isList = Array.isArray(classNames) && classNames.every((name) => typeof name === "string");
  const described =
    typeof task === "string" && typeof outputs === "object" && outputs !== null
      ? { task, outputs: outputs as Outputs }
      : undefined;
  return { classNames: isList && classNames.length > 0 ? classNames : described && [], described };
}

async function noModel(directory: string): Promise<KdflowError> {
  const found = await stat(directory).catch(() => undefined);
  const around = found?.isDirectory() ? directory : dirname(directory);
  const near = await foldersWithModel(around);
  const what = found === undefined ? "there is no folder" : "there is no model.json in";
  const message = found?.isFile() ? `"${directory}" is no model that can be asked` : `${what} "${directory}"`;
  return new KdflowError("KDF_INPUT_MISSING_FILE", message, {
    hint: [
      ...(near.length > 0 ? [allowedHint(basename(directory), near, `folders with a model in "${around}"`)] : []),
      "a model is a folder as `export: layers-model` writes it, an ONNX file, or a run: its id, or `latest`",
    ],
  });
}

async function foldersWithModel(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() && (await isFile(join(folder, entry.name, "model.json")))) names.push(entry.name);
  }
  return names.sort();
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
