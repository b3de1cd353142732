/**
 * Writes what is derived from `schemas/providers/<family>/<id>.schema.json`: option types for the built-in providers,
 * the schema for editors and the reference page. `--check` writes nothing and fails when a file is stale.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import "./run-typescript.mjs";
import { providerPage } from "./generate/provider-page.mjs";

const root = new URL("../", import.meta.url);
const check = process.argv.includes("--check");

// imports TypeScript, which works from here on
const { editorSchema } = await import("../plugins/scaffold/schema/editor-schema.ts");
const { jsonText } = await import("../plugins/scaffold/schema/json-text.ts");
const { optionTypes } = await import("./generate/option-types.mjs");
const { readProviderSchemas, readVocabulary } = await import("./generate/sources.mjs");
const schemas = await readProviderSchemas(root);
const outputs = {
  "plugins/options.ts": await optionTypes(schemas),
  "schemas/pipeline.schema.json": `${jsonText(editorSchema(schemas, await readVocabulary()))}\n`,
  "docs/reference/providers.md": providerPage(schemas),
};

const stale = [];
for (const [path, text] of Object.entries(outputs)) {
  const url = new URL(path, root);
  const before = await readFile(url, "utf8").catch(() => undefined);
  if (before === text) continue;
  stale.push(path);
  if (check) continue;
  await mkdir(dirname(fileURLToPath(url)), { recursive: true });
  await writeFile(url, text);
}

if (check && stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}; run "node scripts/generate.mjs"`);
  process.exitCode = 1;
} else {
  console.log(
    stale.length === 0 ? "generated files are up to date" : `${check ? "stale" : "wrote"}: ${stale.join(", ")}`,
  );
}
