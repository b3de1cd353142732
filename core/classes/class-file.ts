import { readFile } from "node:fs/promises";
import { KdflowError } from "../errors/kdflow-error.ts";

/**
 * Reads a file of class names in the order of a model's outputs: one per line, or a JSON array of texts.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT
 */
export async function readClassFile(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `cannot read the class names in "${path}"`, { hint: form, cause });
  });
  const plain = text.replace(/^\uFEFF/u, "").trim();
  const names = plain.startsWith("[") ? parsed(plain) : plain.split(/\r?\n/u).map((line) => line.trim());
  const problem =
    names === undefined
      ? "begins like a JSON array and is none of texts"
      : names.includes("")
        ? "has a class without a name"
        : repeated(names);
  if (names !== undefined && problem === undefined) return names;
  throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" ${problem}`, { hint: form });
}

const form = "one name per line in the order of the model's outputs, each once; or a JSON array of them";

function parsed(text: string): readonly string[] | undefined {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : undefined;
  } catch {
    return undefined;
  }
}

function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return `has the class "${name}" twice`;
    seen.add(name);
  }
  return undefined;
}
