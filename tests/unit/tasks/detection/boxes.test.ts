import { describe, expect, it } from "vitest";
import { boxFlags, filterBoxes, packBoxes, rangeOf, selectBoxes } from "../../../../plugins/tasks/detection/boxes.ts";

const boxes = packBoxes([
  [
    { corners: [0, 1, 2, 3], class: 4 },
    { corners: [1, 1, 3, 4], class: 5, area: 2.5, flags: boxFlags.crowd },
  ],
  [],
  [{ corners: [9, 9, 10, 11], class: 0, flags: boxFlags.difficult }],
]);

describe("Boxes", () => {
  it("packs images one after the other, with areas of their corners where none are given", () => {
    expect([...boxes.offsets]).toEqual([0, 2, 2, 3]);
    expect([...boxes.corners]).toEqual([0, 1, 2, 3, 1, 1, 3, 4, 9, 9, 10, 11]);
    expect([...boxes.areas]).toEqual([4, 2.5, 2]);
    expect([...boxes.flags]).toEqual([0, 1, 2]);
    expect(rangeOf(boxes, 2)).toEqual([2, 3]);
  });

  it("selects images in any order, and twice", () => {
    const picked = selectBoxes(boxes, [2, 1, 0, 2]);
    expect([...picked.offsets]).toEqual([0, 1, 1, 3, 4]);
    expect([...picked.classes]).toEqual([0, 4, 5, 0]);
    expect([...picked.areas]).toEqual([2, 4, 2.5, 2]);
  });

  it("keeps images of which no box is left", () => {
    const left = filterBoxes(boxes, (row) => boxes.flags[row] === 0);
    expect([...left.offsets]).toEqual([0, 1, 1, 1]);
    expect([...left.corners]).toEqual([0, 1, 2, 3]);
  });
});
