import { describe, expect, it } from "vitest";
import { addFaults, cleanBoxes, faultWords, noFaults } from "../../../../plugins/data/boxes/clean-boxes.ts";
import type { Box } from "../../../../plugins/tasks/detection/boxes.ts";

const box = (left: number, top: number, right: number, bottom: number, id = 0): Box => ({
  corners: [left, top, right, bottom],
  class: id,
});

describe("cleanBoxes", () => {
  it("clips, leaves out and counts", () => {
    const { boxes, faults } = cleanBoxes(
      [
        box(-10, 5, 20, 30),
        box(1, 2, 3, 4),
        box(1, 2, 3, 4),
        box(1, 2, 3, 4, 1),
        box(5, 5, 5, 9),
        box(9, 9, 8, 10),
        box(100, 0, 120, 10),
        box(Number.NaN, 0, 1, 1),
      ],
      { width: 100, height: 50 },
    );
    expect(boxes).toEqual([box(0, 5, 20, 30), box(1, 2, 3, 4), box(1, 2, 3, 4, 1)]);
    expect(faults).toEqual({ clipped: 1, outside: 1, empty: 2, duplicate: 1, notFinite: 1 });
  });

  it("does not call rounding a fault", () => {
    const { boxes, faults } = cleanBoxes([box(-0.0003, 0, 100.0003, 50)], { width: 100, height: 50 });
    expect([boxes, faults]).toEqual([[box(0, 0, 100, 50)], noFaults]);
  });

  it("says what was done", () => {
    const faults = addFaults({ ...noFaults, clipped: 2 }, { ...noFaults, clipped: 1, empty: 1 });
    expect(faultWords(faults)).toBe("3 clipped at the border, 1 without width or height");
    expect(faultWords(noFaults)).toBe("");
  });
});
