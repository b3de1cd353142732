import { expect, it } from "vitest";
import { readRecipe, recipeFolder, recipeNames, recipeOfEachMethod } from "../support/recipes.ts";

const headings = ["Data", "Hardware", "Wall time", "Expected", "Run"];
const folder = recipeFolder();

it.each(recipeNames)("the recipe %s validates and plans", async (name) => {
  const session = await folder.open(name, folder.ownFiles((await readRecipe(name)).recipe));
  await session.check();
  expect((await session.plan()).stages.length).toBeGreaterThan(0);
});

it.each(recipeNames.filter((path) => path.includes("/")))(
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

it.each(recipeOfEachMethod)("the recipe %s runs from end to end on a few real images, for two steps", (name) =>
  folder.expectToRun(name),
);
