import { readdir } from "node:fs/promises";
import { schemaVocabulary } from "../../core/cli/schema-vocabulary.ts";
import { familyNames } from "../../core/contracts/kinds.ts";
import { readSchemaFile } from "../../core/plugins/schema-file.ts";
import { builtins } from "../../plugins/index.ts";

/** Of files with a provider's schema, behind its id. */
const ending = ".schema.json";

/** What the engine and the built-in providers say of themselves. */
export async function readVocabulary() {
  const declared = builtins.providers ?? [];
  const providers = await Promise.all(declared.map((provider) => ("load" in provider ? provider.load() : provider)));
  return schemaVocabulary([builtins], providers);
}

/**
 * All provider schemas, families in the order of the vocabulary, ids in alphabetical order.
 *
 * @param {URL} root the package's folder
 * @returns {Promise<{ family: string, id: string, schema: Record<string, unknown> }[]>}
 */
export async function readProviderSchemas(root) {
  const folder = new URL("schemas/providers/", root);
  const unknown = (await readdir(folder)).filter((name) => !familyNames.includes(name));
  if (unknown.length > 0) throw new Error(`schemas/providers/${unknown[0]} is not the name of a family`);
  const found = [];
  for (const family of familyNames) {
    const names = await readdir(new URL(`${family}/`, folder)).catch(() => []);
    const schemas = names.filter((name) => name.endsWith(ending));
    for (const id of schemas.map((name) => name.slice(0, -ending.length)).sort()) {
      const schema = await readSchemaFile(new URL(`${family}/${id}${ending}`, folder)).catch((error) => {
        throw new Error(`schemas/providers/${family}/${id}${ending}: ${error.message}`);
      });
      found.push({ family, id, schema });
    }
  }
  return found;
}
