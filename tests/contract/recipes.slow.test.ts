import { expect, test } from "vitest";
import { recipeFolder, recipeNames, recipeOfEachMethod } from "../support/recipes.ts";

const others = recipeNames.filter((name) => !recipeOfEachMethod.includes(name));
const folder = recipeFolder();

test.each(others)("the recipe %s runs from end to end on a few real images, for two steps", (name) =>
  folder.expectToRun(name),
);

test("no recipe is left out", () => {
  expect([...others, ...recipeOfEachMethod].sort()).toEqual(recipeNames);
  expect(others).not.toEqual([]);
});
