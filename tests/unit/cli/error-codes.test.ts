import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { errorCatalogue } from "../../../core/errors/catalogue.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const codes = Object.keys(errorCatalogue);

/** Paths of the sources under a folder, but not the catalogue itself. */
async function sourcesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && entry.name !== "catalogue.ts")
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("docs/errors.md", () => {
  let page: string;

  beforeAll(async () => {
    page = await readFile(join(root, "docs/errors.md"), "utf8");
  });

  it("has a paragraph for every code of the catalogue, and for no other", () => {
    const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, code]) => code);
    expect(headings.toSorted()).toEqual(codes.toSorted());
  });

  it.each(Object.entries(errorCatalogue))("says of %s its exit code, its meaning and what to do", (code, entry) => {
    const [, rest = ""] = page.split(`### ${code}\n`);
    const [meaning, advice = ""] = (rest.split(/^##/m)[0] ?? "").trim().split("\n\n");
    expect(meaning).toBe(`Exit code ${entry.exit}. ${entry.summary}`);
    expect(advice.length).toBeGreaterThan(20);
  });

  it("lists every exit code", () => {
    const exits = new Set([0, ...Object.values(errorCatalogue).map(({ exit }) => exit)]);
    for (const exit of exits) expect(page).toMatch(new RegExp(`^\\| ${exit} +\\|`, "m"));
  });
});

describe("codes in the sources", () => {
  it("are all in the catalogue, and the catalogue holds none that is never used", async () => {
    const files = [...(await sourcesIn("core")), ...(await sourcesIn("plugins"))];
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
    const used = new Set(
      texts.flatMap((text) => [...text.matchAll(/"(KDF_[A-Z0-9_]*[A-Z0-9])"/g)].map(([, code]) => code)),
    );
    expect([...used].toSorted()).toEqual(codes.toSorted());
  });
});
