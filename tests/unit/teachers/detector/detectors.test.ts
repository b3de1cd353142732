import { describe, expect, it } from "vitest";
import type { DetectionRows } from "../../../../plugins/tasks/detection/decoders/detection-rows.ts";
import { countClasses } from "../../../../plugins/teachers/detector/detector-classes.ts";
import { cocoNames, vocNames } from "../../../../plugins/teachers/detector/known-classes.ts";
import { noRow, writeTopRows } from "../../../../plugins/teachers/detector/top-rows.ts";

const rows = (objectness: number[], classes: number[][], hasObjectness: boolean): DetectionRows => ({
  corners: Float64Array.from(objectness.flatMap((_, row) => [row, row, row + 1, row + 1])),
  objectness: Float32Array.from(objectness),
  classes: Float32Array.from(classes.flat()),
  classCount: classes[0]?.length ?? 0,
  hasObjectness,
});

describe("the surest rows", () => {
  it("are those of highest objectness times class, with rows that are missing marked", () => {
    const out = new Float32Array(3 * 7);
    // σ(4)σ(−4) = 0.018, σ(0)σ(0) = 0.25
    writeTopRows(
      rows(
        [4, 0],
        [
          [-4, -5],
          [0, -9],
        ],
        true,
      ),
      3,
      out,
    );
    expect([...out.subarray(0, 7)]).toEqual([1, 1, 2, 2, 0, 0, -9]);
    expect([...out.subarray(7, 14)]).toEqual([0, 0, 1, 1, 4, -4, -5]);
    expect([...out.subarray(14)]).toEqual([0, 0, 0, 0, noRow, noRow, noRow]);
  });

  it("keep their order where scores are equal, and go by the best class without objectness", () => {
    const out = new Float32Array(2 * 6);
    writeTopRows(rows([1, 2, 2], [[1], [2], [2]], false), 2, out);
    expect([out[0], out[6]]).toEqual([1, 2]);
  });
});

describe("the number of classes", () => {
  const input = { width: 416, height: 416 };
  it.each([
    ["yolox", [[1, 3549, 85]], 80],
    ["yolov5", [[1, 3 * 3549, 8]], 3],
    ["yolov8", [[1, 84, 3549]], 80],
    ["rt-detr", [[1, 300, 84]], 80],
    [
      "yolov7 without its grid",
      [
        [1, 3, 52, 52, 25],
        [1, 3, 26, 26, 25],
        [1, 3, 13, 13, 25],
      ],
      20,
    ],
    [
      "detr with COCO's ids",
      [
        [1, 300, 4],
        [1, 300, 91],
      ],
      80,
    ],
    ["nothing that is known", [[1, 7, 7, 30]], undefined],
  ] as const)("is told by the shapes of %s", (_, shapes, wanted) => {
    expect(
      countClasses(
        shapes.map((shape, at) => ({ name: `output${at}`, shape })),
        input,
      ),
    ).toBe(wanted);
  });

  it("names those of COCO and VOC", () => {
    expect([cocoNames.length, vocNames.length]).toEqual([80, 20]);
    expect(new Set(cocoNames).size).toBe(80);
  });
});
