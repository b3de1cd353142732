/**
 * Runs a benchmark: `npm run bench -- <topic> [options]`. A topic is a folder of `tests/bench` whose `index.ts` exports
 * `run(args)`. Builds kdflow first, and makes plain JavaScript of `tests/bench`, so that every process which is measured
 * runs what is shipped and nothing else.
 */
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "tests", "bench");
/** Under `node_modules`, so that packages are found; `core` and `plugins` in it are the built ones. */
const compiled = join(root, "node_modules", ".cache", "kdflow", "bench");

async function topics() {
  const entries = await readdir(source, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function compile() {
  await rm(compiled, { recursive: true, force: true });
  await mkdir(compiled, { recursive: true });
  await writeFile(join(compiled, "package.json"), '{ "type": "module" }\n');
  for (const folder of ["core", "plugins"]) await symlink(join(root, "dist", folder), join(compiled, folder));
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const target = join(compiled, relative(root, file)).replace(/\.ts$/u, ".js");
    await mkdir(dirname(target), { recursive: true });
    const content = await readFile(file, "utf8");
    await writeFile(target, file.endsWith(".ts") ? javascript(file, content) : content);
  }
}

function javascript(fileName, content) {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  return ts.transpileModule(content, { fileName, compilerOptions }).outputText;
}

const [topic, ...args] = process.argv.slice(2);
const known = await topics();
if (!known.includes(topic)) {
  const problem = topic === undefined ? "say what to measure" : `"${topic}" is no topic`;
  console.error(`${problem}\nusage: npm run bench -- <topic> [options]\ntopics: ${known.join(", ")}`);
  process.exit(2);
}
const built = spawnSync(process.execPath, [join(root, "scripts", "build.mjs")], { stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);
await compile();
const { run } = await import(pathToFileURL(join(compiled, "tests", "bench", topic, "index.js")).href);
process.exitCode = await run(args);
