import { readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { KdflowError, type SourcePlace } from "../errors/kdflow-error.ts";
import { readJsonFile, UnfitFileError } from "../store/regular-file.ts";

/** Where a plugin named in `plugins:` lies. */
export interface ResolvedPlugin {
  /** Absolute path of the module to import. */
  readonly path: string;
  /** Local files are part of the user's project and enter keys by their content. */
  readonly isLocalFile: boolean;
}

/** One entry of `plugins:`. */
export interface PluginRequest {
  readonly request: string;
  readonly place?: SourcePlace | undefined;
  /** True where it is loaded though it was written for another version of the plugin API. */
  readonly anyApi?: boolean | undefined;
}

/**
 * Finds a plugin from the pipeline file's folder: a file for `./my-loss.js`, else a package in the `node_modules`
 * above it. A package may be named by its short name: `foo` for `kdflow-plugin-foo`, `@scope/foo` for
 * `@scope/kdflow-plugin-foo`; the name as written comes first.
 *
 * @throws KDF_PLUGIN_NOT_FOUND that lists what was tried
 */
export async function resolvePlugin({ request, place }: PluginRequest, baseDir: string): Promise<ResolvedPlugin> {
  if (/^\.{1,2}[\\/]/u.test(request) || isAbsolute(request)) {
    const path = resolve(baseDir, request);
    if (await isFile(path)) return { path, isLocalFile: true };
    throw notFound(request, place, [`looked for ${path}`, "name a file, with its extension"]);
  }
  const names = packageNames(request);
  const folders = foldersAbove(baseDir);
  for (const name of names) {
    for (const folder of folders) {
      const path = await packageEntry(join(folder, name), place);
      if (path !== undefined) return { path, isLocalFile: false };
    }
  }
  throw notFound(request, place, [
    `tried: ${names.join(", ")}`,
    `looked in the node_modules of ${baseDir} and of the folders above it`,
    ...(await seenElsewhere(request, names, folders)),
    names.length === 0
      ? "name a package or a file such as ./my-loss.js"
      : `install it there: npm install ${names.at(-1)}`,
  ]);
}

function foldersAbove(folder: string): readonly string[] {
  return createRequire(join(folder, "pipeline.yaml")).resolve.paths("a-package") ?? [];
}

/** A package of that name under another prefix or scope, or where the working directory or kdflow itself would find it. */
async function seenElsewhere(
  request: string,
  names: readonly string[],
  folders: readonly string[],
): Promise<readonly string[]> {
  const stemOf = (name: string): string => name.replace(/^@[^/]+\//u, "").replace(/^kdflow-(?:plugin-)?/u, "");
  const hints: string[] = [];
  for (const folder of folders) {
    const first = await readdir(folder).catch(() => []);
    const scopes = first.filter((name) => name.startsWith("@"));
    const scoped = scopes.map(async (scope) => (await readdir(join(folder, scope))).map((name) => `${scope}/${name}`));
    const similar = [...first, ...(await Promise.all(scoped)).flat()].filter(
      (name) => /(?:^|\/)kdflow-/u.test(name) && stemOf(name) === stemOf(request),
    );
    hints.push(...similar.map((name) => `"${name}" is in ${folder}: name it so`));
  }
  const others = [process.cwd(), import.meta.dirname].flatMap(foldersAbove);
  for (const folder of new Set(others.filter((other) => !folders.includes(other)))) {
    for (const name of names) {
      if (await isFile(join(folder, name, "package.json")))
        hints.push(`"${name}" is in ${folder}, which is not above it`);
    }
  }
  return hints;
}

/** Package names that a request may mean; none when it is no package name. */
function packageNames(request: string): string[] {
  const match = /^(@[^/]+\/)?([^/@.][^/@]*)$/u.exec(request);
  if (match === null) return [];
  const [, scope = "", name = ""] = match;
  return name.startsWith("kdflow-plugin") ? [request] : [request, `${scope}kdflow-plugin-${name}`];
}

/** The module that `import` of a package means, or `undefined` where there is no such package. */
async function packageEntry(directory: string, place: SourcePlace | undefined): Promise<string | undefined> {
  const path = join(directory, "package.json");
  const description = await readJsonFile(path).catch((error: unknown) => {
    if (error instanceof SyntaxError || error instanceof UnfitFileError) return null;
    return undefined;
  });
  if (description === undefined) return undefined;
  if (typeof description !== "object" || description === null) {
    throw new KdflowError("KDF_PLUGIN_LOAD", `"${path}" cannot be read as the description of a package`, {
      hint: "install the package again",
      where: place,
    });
  }
  const { exports, main } = description as { exports?: unknown; main?: unknown };
  if (exports !== undefined) {
    const target = exportTarget(exports);
    return target === undefined ? undefined : join(directory, target);
  }
  const entry = join(directory, typeof main === "string" ? main : "index.js");
  for (const candidate of [entry, `${entry}.js`, join(entry, "index.js")])
    if (await isFile(candidate)) return candidate;
  return undefined;
}

const importConditions: readonly string[] = ["node", "import", "module-sync", "default"];

/** The target of `.` in a package's `exports`, under the conditions of an ES module import in Node. */
function exportTarget(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports;
  if (Array.isArray(exports)) return exports.map(exportTarget).find((target) => target !== undefined);
  if (typeof exports !== "object" || exports === null) return undefined;
  for (const [key, target] of Object.entries(exports)) {
    if (key !== "." && !importConditions.includes(key)) continue;
    const found = exportTarget(target);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}

function notFound(request: string, place: SourcePlace | undefined, hint: readonly string[]): KdflowError {
  return new KdflowError("KDF_PLUGIN_NOT_FOUND", `plugin "${request}" cannot be found`, { hint, where: place });
}
