import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";

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
