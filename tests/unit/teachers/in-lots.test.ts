import { expect, it } from "vitest";
import { inLots } from "../../../plugins/teachers/tfjs/in-lots.ts";

it("asks in lots of the file's size, fills up the last and drops what it says of the filling", async () => {
  const lots: number[][] = [];
  const answers = await inLots({ pixels: Uint8Array.of(1, 2, 3, 4, 5), count: 5 }, 2, async ({ pixels }) => {
    lots.push([...pixels]);
    return Float32Array.from([...pixels].flatMap((value) => [value, 10 * value]));
  });
  expect(lots).toEqual([
    [1, 2],
    [3, 4],
    [5, 0],
  ]);
  expect([...answers]).toEqual([1, 10, 2, 20, 3, 30, 4, 40, 5, 50]);
});

it("asks about all at once where the file leaves their number free", async () => {
  const counts: number[] = [];
  await inLots({ pixels: new Uint8Array(6), count: 3 }, undefined, async ({ count }) => {
    counts.push(count);
    return new Float32Array(count);
  });
  expect(counts).toEqual([3]);
});
