import { expect, test } from "vitest";
import { median, spreadOf } from "../../bench/statistics.ts";

test.each([
  [[7], 7],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], (2 + 3) / 2],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("a spread has the median and both ends", () => {
  expect(spreadOf([30, 10, 20])).toEqual({ median: 20, low: 10, high: 30 });
});
