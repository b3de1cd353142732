import { expect, test } from "vitest";
import { missingFor, recipeFolder, recipeNames, recipeOfEachMethod } from "../support/recipes.ts";

const others = recipeNames.filter((name) => !recipeOfEachMethod.includes(name));
const folder = recipeFolder();

for (const name of others) {
  const missing = missingFor(name);
  test.skipIf(missing)(`the recipe ${name} runs from end to end on a few real images, for two steps ${missing}`, () =>
    folder.expectToRun(name),
  );
}

test("no recipe is left out", () => {
  expect([...others, ...recipeOfEachMethod].sort()).toEqual(recipeNames);
  expect(others).not.toEqual([]);
});
