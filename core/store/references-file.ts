import { join } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";
import { isErrno } from "./disk-errors.ts";
import { readJsonFile, UnfitFileError } from "./regular-file.ts";

/**
 * The file in which an artifact lists the keys of the parts that it needs: a JSON array of strings. `{ "keep": key }` only
 * keeps a part from being collected, such as a picture that nothing is computed from.
 */
const REFERENCES_FILE = "references.json";

type Reference = string | { readonly keep: string };

/** @throws KDF_PLUGIN_PROVIDER where the file is there but is something else */
export async function readReferences(folder: string): Promise<readonly string[]> {
  return (await listed(folder)).map((reference) => (typeof reference === "string" ? reference : reference.keep));
}

/** Whether an artifact is whole without a part that it refers to. */
export async function onlyKeeps(folder: string, key: string): Promise<boolean> {
  const references = await listed(folder).catch(() => []);
  return references.some((reference) => typeof reference === "object" && reference.keep === key);
}

async function listed(folder: string): Promise<readonly Reference[]> {
  try {
    const entries: unknown = await readJsonFile(join(folder, REFERENCES_FILE));
    if (Array.isArray(entries) && entries.every(isReference)) return entries;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    if (!(error instanceof SyntaxError || error instanceof UnfitFileError)) throw error;
  }
  throw new KdflowError("KDF_PLUGIN_PROVIDER", `${REFERENCES_FILE} in a stage's output is not a list of keys`, {
    hint: "write a JSON array with the keys that context.parts gave",
  });
}

function isReference(value: unknown): value is Reference {
  return typeof value === "string" || typeof (value as { readonly keep?: unknown } | null)?.keep === "string";
}
