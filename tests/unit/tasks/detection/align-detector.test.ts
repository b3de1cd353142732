import { describe, expect, it } from "vitest";
import { KdflowError, type Outputs } from "../../../../core/index.ts";
import { alignDetector, matchDetector } from "../../../../plugins/tasks/detection/align-detector.ts";

const rows = (top: number, classes: number, objectness = true): Outputs => ({
  rows: { kind: "rows", shape: [top, 5 + classes], ...(objectness ? {} : { objectness: false }) },
});

const words = { model: 'stage "teacher"', data: 'stage "data"' };

describe("a detector's classes", () => {
  it("stand for the data's by name, by VOC's and COCO's words, and by the class map", () => {
    const source = { classNames: ["tv", "Potted Plant", "airplane", "zebra"], classMap: { zebra: "horse" } };
    expect(matchDetector(source, ["tvmonitor", "pottedplant", "aeroplane", "horse", "boat"], words)).toEqual({
      notes: ['stage "teacher" does not know "boat" of stage "data": nothing is said of them'],
    });
    expect(matchDetector({ classNames: ["tv", "zebra"] }, ["tvmonitor"], words)).toEqual({
      notes: ['1 of the 2 classes of stage "teacher" are none of stage "data": "zebra"'],
    });
    expect(matchDetector({ classNames: ["zebra"] }, ["tvmonitor"], words)).toMatchObject({ code: "KDF_PLAN_CLASSES" });
  });

  it("are brought to the data's order; an unknown class is never found, and is said to be unknown", () => {
    const source = { classNames: ["cat", "dog", "cow"], outputs: rows(2, 3) };
    const selection = alignDetector(source, ["dog", "boat", "cat"]);
    expect(selection.unknown).toEqual([1]);
    const given = Float32Array.of(1, 2, 3, 4, 0.5, 10, 20, 30, 5, 6, 7, 8, -0.5, -1, -2, -3);
    const found = selection.select(given, 1, new Float32Array(16));
    expect([...found]).toEqual([1, 2, 3, 4, 0.5, 20, -100, 10, 5, 6, 7, 8, -0.5, -2, -100, -1]);
  });

  it("lend objectness to rows that have none from those that are left", () => {
    const selection = alignDetector({ classNames: ["cat", "dog"], outputs: rows(1, 2, false) }, ["dog"]);
    const found = selection.select(Float32Array.of(0, 0, 1, 1, 3, 3, -2), 1, new Float32Array(6));
    expect([...found]).toEqual([0, 0, 1, 1, -2, -2]);
  });

  it("stay as they are where they are the data's", () => {
    const given = new Float32Array(7);
    const selection = alignDetector({ classNames: ["cat", "dog"], outputs: rows(1, 2) }, ["cat", "dog"]);
    expect(selection.select(given, 1, new Float32Array(7))).toBe(given);
  });

  it("are refused where the class map names a class that one of the two does not have", () => {
    const source = { classNames: ["cat", "dog"], outputs: rows(1, 2) };
    const words = { model: "the detector", data: "the photos" };
    for (const classMap of [{ cow: "dog" }, { cat: "lion" }]) {
      const expected = expect.objectContaining({ code: "KDF_PLAN_CLASS_MAP" });
      expect(matchDetector({ ...source, classMap }, ["dog"], words)).toEqual(expected);
      expect(() => alignDetector({ ...source, classMap }, ["dog"])).toThrow(expected);
    }
  });

  it("are refused where none is known", () => {
    expect(() => alignDetector({ classNames: ["cat"], outputs: rows(1, 1) }, ["boat"])).toThrow(KdflowError);
  });
});
