import { describe, expect, it } from "vitest";
import { decoderWords } from "../../../../plugins/tasks/detection/decoders/decoder-words.ts";

const settings = { width: 416, height: 416, classCount: 20 };
const outputs = (...shapes: readonly (readonly number[])[]) =>
  shapes.map((shape, at) => ({ name: `output${at}`, shape, data: new Float32Array() }));

describe("what a detector's rows are, in words for the plan", () => {
  it.each([
    ["YOLOv5", outputs([1, 3 * 3549, 25]), "three anchors for each cell at strides 8, 16, 32, with objectness"],
    ["YOLOv8", outputs([1, 24, 3549]), "one row for each cell at strides 8, 16, 32, without objectness"],
    [
      "YOLOX or YOLOv6, which their values tell apart",
      outputs([1, 3549, 25]),
      "one row for each cell at strides 8, 16, 32",
    ],
    ["RF-DETR", outputs([1, 300, 4], [1, 300, 21]), "queries without cells, without objectness"],
    ["sizes that are free", outputs([1, 0, 25]), undefined],
  ] as const)("is told by the shapes of %s", (_family, given, expected) => {
    expect(decoderWords(undefined, given, settings)).toBe(expected);
  });

  it("is told by the decoder that the pipeline names", () => {
    expect(decoderWords("yolox", outputs([1, 0, 25]), settings)).toMatch(/with objectness$/);
  });
});
