import { expect, it } from "vitest";
import { formats } from "./formats.ts";
import { fuzz } from "./fuzz.ts";

/** Seconds for each format; `npm run fuzz` makes more. */
const mutations = 200;

it.each(Object.keys(formats))("broken copies of small files of %s are read or refused, never a bug", async (format) => {
  const { counts, findings } = await fuzz(format, mutations);
  expect(findings).toEqual([]);
  expect(counts["read"]).toBeGreaterThan(0);
  expect(counts["read"]).toBeLessThan(mutations);
});
