import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { kindNames } from "../../core/contracts/kinds.ts";
import type { LazyProvider } from "../../core/plugins/provider.ts";
import { builtins } from "../../plugins/index.ts";

const repository = join(import.meta.dirname, "../..");
const page = await readFile(join(repository, "docs/architecture.md"), "utf8");
const declared = (builtins.providers ?? []) as readonly LazyProvider[];

interface Import {
  readonly file: string;
  /** As written, or relative to the repository. */
  readonly module: string;
  /** False where only types are imported, which binds nothing. */
  readonly value: boolean;
}

interface Source {
  readonly file: string;
  readonly text: string;
}

async function sourcesOf(folder: string): Promise<readonly Source[]> {
  const names = (await readdir(join(repository, folder), { recursive: true })).filter((name) => name.endsWith(".ts"));
  const read = names.map(async (name) => {
    const file = `${folder}/${name}`;
    return { file, text: await readFile(join(repository, file), "utf8") };
  });
  return Promise.all(read);
}

function importsOf({ file, text }: Source): readonly Import[] {
  const found = text.matchAll(/^(?:import|export) ((type )?[^;]*?)from "([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return Array.from(found, ([, clause = "", type, from, dynamic]) => {
    const named = /^\{([^}]*)\} $/
      .exec(clause)?.[1]
      ?.split(",")
      .map((name) => name.trim());
    const onlyTypes = named?.every((name) => name === "" || name.startsWith("type ")) ?? false;
    const module = from ?? dynamic ?? "";
    const path = module.startsWith(".") ? normalize(join(dirname(file), module)) : module;
    return { file, module: path, value: type === undefined && !onlyTypes };
  });
}

let core: readonly Source[];
let plugins: readonly Source[];
let imports: readonly Import[];

beforeAll(async () => {
  [core, plugins] = await Promise.all([sourcesOf("core"), sourcesOf("plugins")]);
  imports = [...core, ...plugins].flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(1000);
});

const shown = (all: readonly Import[]): readonly string[] => all.map(({ file, module }) => `${file} -> ${module}`);

/** `kdflow` and `kdflow/testing`. */
const publicEntries: readonly string[] = ["core/index.ts", "core/testing/index.ts"];

describe("who imports whom", () => {
  it("no module of ours imports values of TensorFlow.js: they come from the backend", () => {
    expect(shown(imports.filter(({ module, value }) => value && module.startsWith("@tensorflow/")))).toEqual([]);
  });

  it("only the command line and the test kit import built-in plugins", () => {
    const toPlugins = imports.filter(({ file, module }) => file.startsWith("core/") && module.startsWith("plugins/"));
    expect(shown(toPlugins.filter(({ file }) => !/^core\/(cli|testing)\//.test(file)))).toEqual([]);
  });

  it("plugins import core through its public entries alone, types too", () => {
    const toCore = imports.filter(({ file, module }) => file.startsWith("plugins/") && module.startsWith("core/"));
    expect(toCore.length).toBeGreaterThan(100);
    expect(shown(toCore.filter(({ module }) => !publicEntries.includes(module)))).toEqual([]);
  });

  it("nothing inside core goes by the public entry", () => {
    const byEntry = imports.filter(({ file, module }) => file.startsWith("core/") && module === "core/index.ts");
    expect(shown(byEntry)).toEqual([]);
  });

  it("contracts import nothing of core but each other, not even types", () => {
    const out = imports.filter(({ file, module }) => file.startsWith("core/contracts/") && module.includes("/"));
    expect(shown(out.filter(({ module }) => !/^(core\/contracts|@tensorflow)\//.test(module)))).toEqual([]);
  });

  it("folders of core import values only of folders before them in the order that the page gives", async () => {
    const order: readonly string[] = /<!-- order --> (.*)/.exec(page)?.[1]?.match(/\w+/g) ?? [];
    const folders = (await readdir(join(repository, "core"), { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    );
    expect([...order].sort()).toEqual(folders.map(({ name }) => name).sort());
    const rank = (path: string): number => order.indexOf(path.split("/")[1] ?? "");
    const between = imports.filter(({ file, module, value }) => value && rank(file) >= 0 && module.startsWith("core/"));
    expect(between.length).toBeGreaterThan(100);
    expect(shown(between.filter(({ file, module }) => rank(module) > rank(file)))).toEqual([]);
  });
});

/** Ids of providers that are words of their own, and what core means by them. */
const otherWords: Readonly<Record<string, string>> = {
  "graph-model": "a format of TensorFlow.js",
  "layers-model": "a format of TensorFlow.js",
  cosine: "the shape of a ramp",
  detections: "what soft labels hold, and a file that is scored",
  features: "what soft labels hold, and a kind of output",
  hint: "the advice of an error",
  images: "what predict counts",
  import: "a condition of package exports",
  logits: "what soft labels hold",
  step: "a share of an epoch's time",
};

test("core names no built-in provider", () => {
  const ids = new Set(declared.map(({ id }) => id));
  for (const word of [...Object.keys(otherWords), ...kindNames]) ids.delete(word);
  const named = core.flatMap(({ file, text }) => {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    return Array.from(code.matchAll(/"([\w-]+)"/g), ([, word = ""]) => `${file}: ${word}`).filter((line) =>
      ids.has(line.split(": ")[1] ?? ""),
    );
  });
  expect(named).toEqual([]);
});

test("the name of a task stands in five files at most", () => {
  const tasks = declared.filter(({ family }) => family === "tasks").map(({ id }) => `"${id}"`);
  const files = [...core, ...plugins].filter(({ text }) => tasks.some((task) => text.includes(task)));
  expect(files.map(({ file }) => file)).not.toHaveLength(0);
  expect(files.length).toBeLessThanOrEqual(5);
});

test("a file at the top of a family's folder is a provider and nothing else", async () => {
  const contents = await readFile(join(repository, "plugins/index.ts"), "utf8");
  const providers = new Set(Array.from(contents.matchAll(/import\("\.\/([^"]+)"\)/g), ([, path]) => path));
  expect(providers.size).toBeGreaterThanOrEqual(declared.length);
  const atTop = plugins.map(({ file }) => file.split("/").slice(1)).filter((path) => path.length === 2);
  expect(atTop.length).toBeGreaterThan(100);
  expect(atTop.map((path) => path.join("/")).filter((path) => !providers.has(path))).toEqual([]);
});

describe("the page", () => {
  const hops = Array.from(page.matchAll(/^\d+\. `([^`]+)` `(\w+)`/gm), ([, file = "", name = ""]) => ({ file, name }));

  it("tells ten hops on one screen", () => {
    expect(hops).toHaveLength(10);
    expect(page.split("\n").length).toBeLessThan(60);
  });

  it.each(hops)("finds $name in $file", async ({ file, name }) => {
    const text = await readFile(join(repository, file), "utf8");
    expect(text).toMatch(new RegExp(`(?:function|const) ${name}\\b`, "u"));
  });
});
