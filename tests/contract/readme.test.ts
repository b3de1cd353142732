import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";

const repository = join(import.meta.dirname, "../..");
const read = (path: string): Promise<string> => readFile(join(repository, path), "utf8");

it("explains in the README the very pipeline that the quickstart runs", async () => {
  const pipeline = await read("pipelines/quickstart.yaml");
  const lines = pipeline.split("\n").filter((line, i) => i === 0 || !line.startsWith("#"));
  expect(await read("README.md")).toContain(`\`\`\`yaml\n${lines.join("\n")}\`\`\``);
});

it("names in the README only scripts that package.json has", async () => {
  const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
  const named = [...(await read("README.md")).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? "");
  expect(named).not.toEqual([]);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

it("names in docs/photos.md recipes that are there, and in each only variables that it has", async () => {
  const guide = await read("docs/photos.md");
  const recipes = [...guide.matchAll(/\]\(\.\.\/(pipelines\/[\w/.-]+\.yaml)\)/g)].map((match) => match[1] ?? "");
  expect(recipes).toHaveLength(4);
  const variables = [...guide.matchAll(/--set vars\.(\w+)=/g)].map((match) => match[1] ?? "");
  expect(variables).toContain("photos");
  for (const recipe of recipes) {
    const { vars } = parse(await read(recipe)) as { readonly vars: object };
    for (const name of variables) expect([recipe, ...Object.keys(vars)]).toContain(name);
  }
});
