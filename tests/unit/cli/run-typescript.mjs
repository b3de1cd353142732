/** Lets a child `node` of the tests run the TypeScript sources: `node --import …/run-typescript.mjs core/cli/index.ts`. */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import ts from "typescript";

if (!import.meta.url.endsWith("?hooks")) register(`${import.meta.url}?hooks`);

const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };

export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const text = await readFile(new URL(url), "utf8");
  return { format: "module", shortCircuit: true, source: ts.transpileModule(text, { compilerOptions }).outputText };
}
