import { join } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";
import { isErrno } from "./disk-errors.ts";
import { readJsonFile, UnfitFileError } from "./regular-file.ts";

/** The file in which an artifact lists the keys of the parts that it needs: a JSON array of strings. */
const REFERENCES_FILE = "references.json";

/** @throws KDF_PLUGIN_PROVIDER where the file is there but is something else */
export async function readReferences(folder: string): Promise<readonly string[]> {
  try {
    const keys: unknown = await readJsonFile(join(folder, REFERENCES_FILE));
    if (Array.isArray(keys) && keys.every((key) => typeof key === "string")) return keys;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    if (!(error instanceof SyntaxError || error instanceof UnfitFileError)) throw error;
  }
  throw new KdflowError("KDF_PLUGIN_PROVIDER", `${REFERENCES_FILE} in a stage's output is not a list of keys`, {
    hint: "write a JSON array with the keys that context.parts gave",
  });
}
