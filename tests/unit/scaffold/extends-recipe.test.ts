import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { listRecipes } from "../../../plugins/scaffold/recipes/recipes.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-extends-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function stagesOf(text: string, set: readonly string[] = []) {
  const file = join(folder, "pipeline.yaml");
  await writeFile(file, `kdflow: 1\n${text}\n`);
  const { pipeline } = await openSession({ file, set, builtins: [builtins] });
  return new Map(pipeline.stages.map(({ name, options }) => [name, options]));
}

it("stands on a recipe that comes with kdflow, by the name in the list, and says what is other", async () => {
  const recipe = "extends: kdflow/classification/kd/shufflenet-v2-from-resnet";
  const before = await stagesOf(recipe);
  const after = await stagesOf(`${recipe}\nstages: { train: { epochs: 3 } }`);
  expect(after.get("train")).toEqual({ ...before.get("train"), epochs: 3 });
  expect(after.get("teacher")).toEqual(before.get("teacher"));
});

it("finds every recipe by its name, with and without the file's ending", async () => {
  const names = (await listRecipes()).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) {
    // what a recipe names of the reader's own is not there: only the recipe itself has to be
    const problem = await stagesOf(`extends: kdflow/${name}.yaml`).then(() => "", String);
    expect([name, problem]).not.toEqual([name, expect.stringContaining("is not a recipe")]);
    expect([name, problem]).not.toEqual([name, expect.stringContaining("extends")]);
  }
});

it("takes a folder of one's own called kdflow by its path", async () => {
  const problem = stagesOf("extends: ./kdflow/quickstart.yaml");
  await expect(problem).rejects.toMatchObject({ code: "KDF_CONFIG_MISSING_FILE" });
  await expect(problem).rejects.not.toThrow("is not a recipe");
});
