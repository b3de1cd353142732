import { readdir, readFile } from "node:fs/promises";
import ts from "typescript";

/**
 * The vocabulary of `core/contracts/kinds.ts`, read without a build.
 *
 * @param {URL} root the package's folder
 * @returns {Promise<{ kinds: Record<string, { family: string, ports: object }>, defaults: Record<string, string>,
 *   kindNames: string[], componentFamilyNames: string[], teacherKinds: string[] }>}
 */
export async function readKinds(root) {
  const source = await readFile(new URL("core/contracts/kinds.ts", root), "utf8");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  });
  const kinds = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  return { ...kinds, defaults: await readDefaults(root) };
}

/**
 * The families whose stages may leave `use` out, with the provider that is meant, read from the table of contents.
 *
 * @param {URL} root
 * @returns {Promise<Record<string, string>>}
 */
async function readDefaults(root) {
  const source = await readFile(new URL("plugins/index.ts", root), "utf8");
  const marked = source.matchAll(/lazy\("(\w+)", "([\w-]+)"[^\n]*isDefault: true/gu);
  const defaults = Object.fromEntries(Array.from(marked, ([, family, id]) => [family, id]));
  if (Object.keys(defaults).length === 0) throw new Error("plugins/index.ts declares no default provider");
  return defaults;
}

/**
 * All provider schemas, families in the order of the vocabulary, ids in alphabetical order.
 *
 * @param {URL} root
 * @param {Awaited<ReturnType<typeof readKinds>>} vocabulary
 * @returns {Promise<{ family: string, id: string, schema: Record<string, unknown> }[]>}
 */
export async function readProviderSchemas(root, vocabulary) {
  const folder = new URL("schemas/providers/", root);
  const stageFamilies = vocabulary.kindNames.map((kind) => vocabulary.kinds[kind].family);
  const families = [...new Set([...stageFamilies, ...vocabulary.componentFamilyNames])];
  const unknown = (await readdir(folder)).filter((name) => !families.includes(name));
  if (unknown.length > 0) throw new Error(`schemas/providers/${unknown[0]} is not the name of a family`);
  const found = [];
  for (const family of families) {
    const names = await readdir(new URL(`${family}/`, folder)).catch(() => []);
    for (const name of names.filter((file) => file.endsWith(".schema.json")).sort()) {
      const text = await readFile(new URL(`${family}/${name}`, folder), "utf8");
      found.push({ family, id: name.slice(0, -".schema.json".length), schema: parseSchema(text, `${family}/${name}`) });
    }
  }
  return found;
}

/**
 * @param {string} text
 * @param {string} path
 */
function parseSchema(text, path) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`schemas/providers/${path}: ${error instanceof Error ? error.message : error}`);
  }
}
