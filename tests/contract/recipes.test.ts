import { expect, it } from "vitest";
import { missingFor, readRecipe, recipeFolder, recipeNames, recipeOfEachMethod } from "../support/recipes.ts";

const headings = ["Data", "Hardware", "Wall time", "Expected", "Run"];
const folder = recipeFolder();
const tried = (names: readonly string[]) => names.map((name) => ({ name, missing: missingFor(name) }));

for (const { name, missing } of tried(recipeNames)) {
  it.skipIf(missing)(`the recipe ${name} validates and plans ${missing}`, async () => {
    const session = await folder.open(name, folder.ownFiles((await readRecipe(name)).recipe, name));
    await session.check();
    expect((await session.plan()).stages.length).toBeGreaterThan(0);
  });
}

it.each(recipeNames.filter((path) => path.startsWith("classification")))(
  "the recipe %s says in its head what it is and what to expect",
  async (name) => {
    const [schema, ...lines] = (await readRecipe(name)).text.split("\n");
    expect(schema).toMatch(/^# yaml-language-server: \$schema=(\.\.\/)+schemas\/pipeline\.schema\.json$/);
    const head = lines.slice(0, lines.indexOf("kdflow: 1"));
    const said = head.flatMap((line) => /^# ([A-Z][a-z ]+): \S/.exec(line)?.[1] ?? []);
    const isTrained = (await folder.open(name, [])).pipeline.stages.some(({ kind }) => kind === "train");
    expect(said).toEqual([...(isTrained ? [expect.stringMatching(/^Papers?$/)] : []), ...headings]);
    const command = head.find((line) => line.startsWith("# Run: ")) ?? "";
    if (!command.includes("npm run")) expect(command).toContain(`kdflow run pipelines/${name}`);
  },
);

for (const { name, missing } of tried(recipeOfEachMethod)) {
  it.skipIf(missing)(`the recipe ${name} runs from end to end on a few real images, for two steps ${missing}`, () =>
    folder.expectToRun(name),
  );
}
