import { readdir } from "node:fs/promises";
import { componentFamilyNames, familyNames, kindNames, kinds } from "../../core/contracts/kinds.ts";
import { stageKeySchema } from "../../core/contracts/stage-keys.ts";
import { termKeys, termSchema, weightRamp } from "../../core/contracts/term-keys.ts";
import { readSchemaFile } from "../../core/plugins/schema-file.ts";
import { builtins } from "../../plugins/index.ts";

/**
 * What the engine and the built-in providers say of themselves.
 *
 * @typedef {object} Vocabulary
 * @property {readonly string[]} kindNames
 * @property {Record<string, string>} familyOf the family of each kind
 * @property {readonly string[]} familyNames
 * @property {readonly string[]} componentFamilyNames
 * @property {Record<string, string>} defaults the provider that is meant where a stage says no `use`, by family
 * @property {Record<string, readonly string[]>} ports names of the ports that a stage of a kind may have
 * @property {Record<string, Record<string, Record<string, any>>>} stageKeys schemas of the engine's keys, by kind
 * @property {Record<string, Record<string, any>>} termKeys schemas of the engine's keys of a loss term
 */

/** @returns {Promise<Vocabulary>} */
export async function readVocabulary() {
  const declared = builtins.providers ?? [];
  const providers = await Promise.all(declared.map((provider) => ("load" in provider ? provider.load() : provider)));
  const marked = declared.filter((provider) => "isDefault" in provider && provider.isDefault);
  if (marked.length === 0) throw new Error("plugins/index.ts declares no default provider");
  const byKind = (of) => Object.fromEntries(kindNames.map((kind) => [kind, of(kind)]));
  const reservedTermKeys = Object.fromEntries(termKeys.filter((key) => key !== "use").map((key) => [key, {}]));
  const { at, adapter, weight } = termSchema(false).properties;
  return {
    kindNames,
    familyOf: byKind((kind) => kinds[kind].family),
    familyNames,
    componentFamilyNames,
    defaults: Object.fromEntries(marked.map(({ family, id }) => [family, id])),
    ports: byKind((kind) => {
      const own = providers.filter(({ family }) => family === kinds[kind].family).map(({ ports }) => ports ?? {});
      return [...new Set([kinds[kind].ports, ...own].flatMap(Object.keys))];
    }),
    stageKeys: byKind((kind) => stageKeySchema(kind).properties),
    termKeys: { ...reservedTermKeys, weight: { ...weight, anyOf: [weight.anyOf[0], weightRamp] }, at, adapter },
  };
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
    for (const name of names.filter((file) => file.endsWith(".schema.json")).sort()) {
      const schema = await readSchemaFile(new URL(`${family}/${name}`, folder)).catch((error) => {
        throw new Error(`schemas/providers/${family}/${name}: ${error.message}`);
      });
      found.push({ family, id: name.slice(0, -".schema.json".length), schema });
    }
  }
  return found;
}
