import fc from "fast-check";
import { expect, test } from "vitest";
import { kd } from "../../plugins/losses/kd.ts";
import { selectClasses } from "../../plugins/tasks/classification/class-selection.ts";
import { createTerm, lossOf } from "../unit/losses/run-term.ts";

const settings = { seed: 20_240_611, numRuns: 60 };
const data = ["cat", "dog", "fox", "owl"];
const logit = fc.double({ min: -8, max: 8, noNaN: true });
const row = (length: number) => fc.array(logit, { minLength: length, maxLength: length });
/** float32 rounding of one row's terms, at most a few hundred in size. */
const rounding = 1e-4;

/** A teacher's rows as the data's classes. */
function chosen(
  classNames: readonly string[],
  rows: readonly number[][],
  classMap?: Record<string, string>,
): number[][] {
  const into = new Float32Array(rows.length * data.length);
  const flat = selectClasses({ classNames, classMap }, data).select(Float32Array.from(rows.flat()), rows.length, into);
  return rows.map((_, place) => [...flat.subarray(place * data.length, (place + 1) * data.length)]);
}

/** The teacher's classes and rows in another order of columns. */
function permuted(order: readonly number[], names: readonly string[], rows: readonly number[][]) {
  return {
    names: order.map((place) => names[place] ?? ""),
    rows: rows.map((one) => order.map((place) => one[place] ?? 0)),
  };
}

test("the order of the teacher's classes does not change the loss, classes that the data lacks included", async () => {
  const term = await createTerm(kd, { temperature: 3 });
  const names = [...data, "yeti", "emu"];
  const order = fc.shuffledSubarray([...names.keys()], { minLength: names.length });
  const batch = fc.array(fc.tuple(row(data.length), row(names.length)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(batch, order, (pairs, places) => {
      const studentLogits = pairs.map(([student]) => student);
      const rows = pairs.map(([, teacher]) => teacher);
      const other = permuted(places, names, rows);
      const plain = lossOf(term, { studentLogits, teacherLogits: chosen(names, rows) });
      expect(lossOf(term, { studentLogits, teacherLogits: chosen(other.names, other.rows) })).toBe(plain);
      const known = rows.map((one) => one.slice(0, data.length));
      expect(Math.abs(lossOf(term, { studentLogits, teacherLogits: known }) - plain)).toBeLessThanOrEqual(rounding);
    }),
    settings,
  );
});

test("the order in which merged classes stand changes no more than rounding", () => {
  const names = ["tabby", "dog", "lynx", "fox", "owl"];
  const classMap = { tabby: "cat", lynx: "cat" };
  const order = fc.shuffledSubarray([...names.keys()], { minLength: names.length });
  fc.assert(
    fc.property(row(names.length), order, (one, places) => {
      const other = permuted(places, names, [one]);
      const [before = []] = chosen(names, [one], classMap);
      const [after = []] = chosen(other.names, other.rows, classMap);
      for (const [place, value] of before.entries()) expect(after[place]).toBeCloseTo(value, 5);
    }),
    settings,
  );
});
