import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The engine as JavaScript, for tests that need a Node process of their own. Lies under `node_modules` so that
 * packages are found from it.
 *
 * @returns the URL of a folder that mirrors `core/`
 */
export async function compileCore(): Promise<URL> {
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  const out = await mkdtemp(join(cache, "kdflow-core-"));
  await writeFile(join(out, "package.json"), '{ "type": "module" }');
  const entries = await readdir(join(root, "core"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
  await Promise.all(files.map((entry) => compile(join(entry.parentPath, entry.name), out)));
  return pathToFileURL(`${join(out, "core")}/`);
}

async function compile(file: string, out: string): Promise<void> {
  const { outputText } = ts.transpileModule(await readFile(file, "utf8"), {
    fileName: file,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  const target = join(out, relative(root, file).replace(/\.ts$/u, ".js"));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, outputText);
}
