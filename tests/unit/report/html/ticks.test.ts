import { expect, it } from "vitest";
import { roundTicks } from "../../../../plugins/report/html/ticks.ts";

function texts(min: number, max: number, count: number, least?: number): readonly string[] {
  const { values, format } = roundTicks(min, max, count, least);
  return values.map(format);
}

it("encloses the range by multiples of 1, 2 or 5", () => {
  expect(texts(0.31, 2.3, 5)).toEqual(["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
  expect(texts(91.2, 97.9, 5)).toEqual(["90", "92", "94", "96", "98"]);
  expect(texts(-0.04, 0.05, 5)).toEqual(["-0.04", "-0.02", "0.00", "0.02", "0.04", "0.06"]);
});

it("counts epochs in whole numbers", () => {
  expect(texts(1, 3, 8, 1)).toEqual(["1", "2", "3"]);
  expect(texts(1, 60, 8, 1)).toEqual(["0", "10", "20", "30", "40", "50", "60"]);
});

it("has an axis for a single value, for zero and for very large and small ones", () => {
  expect(texts(2, 2, 5)).toEqual(["2.0", "2.5"]);
  expect(texts(0, 0, 5)).toEqual(["0.0", "0.2"]);
  expect(texts(1e30, 3e30, 2)).toEqual(["1.0e+30", "2.0e+30", "3.0e+30"]);
  expect(texts(1e-9, 3e-9, 2)).toEqual(["1.0e-9", "2.0e-9", "3.0e-9"]);
});
