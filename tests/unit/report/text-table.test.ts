import { describe, expect, it } from "vitest";
import { colourStyle } from "../../../core/report/style.ts";
import { textTable } from "../../../core/report/text-table.ts";
import { displayWidth, pad, truncate } from "../../../core/report/text-width.ts";

describe("displayWidth", () => {
  it("counts wide characters twice, and combining marks and colour codes not at all", () => {
    expect(displayWidth("teacher")).toBe(7);
    expect(displayWidth("教師")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(displayWidth(colourStyle.red("red"))).toBe(3);
    expect(displayWidth("🚀")).toBe(2);
  });
});

describe("truncate", () => {
  it("keeps what fits and marks what was cut", () => {
    expect(truncate("teacher", 7)).toBe("teacher");
    expect(truncate("teacher", 5)).toBe("teac…");
    expect(truncate("teacher", 5, "~")).toBe("teac~");
    expect(truncate("teacher", 1)).toBe("…");
    expect(truncate("teacher", 0)).toBe("");
  });

  it("never cuts a wide character in half", () => {
    expect(truncate("教師教師", 6)).toBe("教師…");
    expect(displayWidth(truncate("教師教師", 6))).toBeLessThanOrEqual(6);
  });
});

describe("textTable", () => {
  it("aligns columns and leaves no trailing blanks", () => {
    expect(
      textTable(
        [
          ["a", "1"],
          ["long", ""],
          ["b", "22", "x"],
        ],
        ["left", "right"],
      ),
    ).toEqual(["a      1", "long", "b     22  x"]);
  });

  it("pads by columns on the screen, not by characters", () => {
    expect(pad("教師", 6)).toBe("教師  ");
    expect(
      textTable([
        ["教師", "x"],
        ["data", "y"],
      ]),
    ).toEqual(["教師  x", "data  y"]);
  });
});
