/**
 * Lets `node` run the TypeScript sources: `node --import ./scripts/run-typescript.mjs core/cli/index.ts`.
 * What was compiled once is kept under `node_modules/.cache`, by content.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { register } from "node:module";

if (!import.meta.url.endsWith("?hooks")) register(`${import.meta.url}?hooks`);

const cache = new URL("../node_modules/.cache/kdflow/run-typescript/", import.meta.url);

async function compile(text) {
  const compiled = new URL(`${createHash("sha256").update(text).digest("hex")}.js`, cache);
  const known = await readFile(compiled, "utf8").catch(() => undefined);
  if (known !== undefined) return known;
  const { default: ts } = await import("typescript");
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  });
  await mkdir(cache, { recursive: true });
  const staged = new URL(`${process.pid}-${performance.now()}.tmp`, cache);
  await writeFile(staged, outputText);
  await rename(staged, compiled);
  return outputText;
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  return { format: "module", shortCircuit: true, source: await compile(await readFile(new URL(url), "utf8")) };
}
