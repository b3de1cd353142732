import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "../..");

/** `[file, module]` of every import of a value; type-only imports are erased and bind nothing. */
async function valueImports(folder: string): Promise<(readonly [string, string])[]> {
  const entries = await readdir(join(repository, folder), { recursive: true });
  const found = entries
    .filter((name) => name.endsWith(".ts"))
    .map(async (name) => {
      const source = await readFile(join(repository, folder, name), "utf8");
      const statements = source.matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)"|\bimport\("([^"]+)"\)/gm);
      return Array.from(statements, (match) => [`${folder}/${name}`, match[1] ?? match[2] ?? ""] as const);
    });
  return (await Promise.all(found)).flat();
}

describe("layering", () => {
  it("takes TensorFlow.js from the backend alone: no module of ours imports its values", async () => {
    const all = [...(await valueImports("core")), ...(await valueImports("plugins"))];
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(([, module]) => module.startsWith("@tensorflow/"))).toEqual([]);
  });

  it("lets only the command line and the test kit import built-in plugins", async () => {
    const offenders = (await valueImports("core")).filter(
      ([file, module]) => module.includes("/plugins/index.ts") && !/^core\/(cli|testing)\//.test(file),
    );
    expect(offenders).toEqual([]);
  });

  it("lets plugins import core through its public entry alone", async () => {
    const offenders = (await valueImports("plugins")).filter(
      ([, module]) => module.includes("/core/") && !module.endsWith("/core/index.ts"),
    );
    expect(offenders).toEqual([]);
  });
});
