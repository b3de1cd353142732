import { expect, test } from "vitest";
import { satisfies } from "../../../core/plugins/api-version.ts";

const cases: readonly [version: string, range: string, fits: boolean][] = [
  ["1.0.0", "^1", true],
  ["1.4.2", "^1.2", true],
  ["1.1.9", "^1.2", false],
  ["2.0.0", "^1", false],
  ["1.0.0", "1", true],
  ["1.9.0", "1.x", true],
  ["1.9.0", "1.8", false],
  ["1.2.3", "=1.2.3", true],
  ["1.0.0", ">=1 <2", true],
  ["2.0.0", ">=1 <2", false],
  ["1.0.0", ">1", false],
  ["2.0.0", ">1", true],
  ["1.9.9", "<=1", true],
  ["1.2.9", "~1.2.3", true],
  ["1.3.0", "~1.2.3", false],
  ["0.3.1", "^0.3", true],
  ["0.4.0", "^0.3", false],
  ["7.1.0", "*", true],
  ["2.0.0", "^1 || ^2", true],
  ["3.0.0", "^1 || ^2", false],
  ["1.5.0", "1 - 2", true],
];

test.each(cases)("%s in %s: %s", (version, range, fits) => {
  expect(satisfies(version, range)).toBe(fits);
});

test.each(["", "latest", "^one"])("the range %j cannot be read", (range) => {
  expect(satisfies("1.0.0", range)).toBeUndefined();
});
