import { describe, expect, it } from "vitest";
import type { DecodeSettings, DetectorOutput } from "../../../../plugins/tasks/detection/decoders/decoder.ts";
import { sigmoid } from "../../../../plugins/tasks/detection/decoders/detection-rows.ts";
import { decoders, recogniseDecoder } from "../../../../plugins/tasks/detection/decoders/recognise.ts";
import { rowCandidates } from "../../../../plugins/tasks/detection/decoders/row-candidates.ts";

const settings: DecodeSettings = { width: 64, height: 64, classCount: 2 };
/** 8² + 4² + 2² cells of 64 × 64. */
const cells = 84;

const output = (shape: number[], set: Record<number, number> = {}, name = "output"): DetectorOutput => {
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  for (const [at, value] of Object.entries(set)) data[Number(at)] = value;
  return { name, shape, data };
};

/** A row's centre and sides, which is how the references give them. */
function centred(corners: Float64Array, row: number): number[] {
  const [left = 0, top = 0, right = 0, bottom = 0] = corners.subarray(row * 4, row * 4 + 4);
  return [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top];
}

const probs = (logits: Float32Array): number[] => [...logits].map((logit) => Math.round(sigmoid(logit) * 1e5) / 1e5);

describe("decoders", () => {
  it("decode YOLOv7's raw cells: t (0.2, −0.4, 0.1, 0.3) in cell (3, 5), stride 16, anchor 30 × 61", () => {
    const at = ((1 * 8 + 5) * 8 + 3) * 7; // the second anchor of [1, 3, 8, 8, 7]
    const level = output([1, 3, 8, 8, 7], {
      [at]: 0.2,
      [at + 1]: -0.4,
      [at + 2]: 0.1,
      [at + 3]: 0.3,
      [at + 4]: 1.5,
      [at + 5]: -2,
      [at + 6]: 4,
    });
    const anchors = [
      [
        [1, 1],
        [30, 61],
        [1, 1],
      ],
    ] as const;
    const rows = decoders["yolov7-raw"]([level], 0, { ...settings, width: 128, height: 128, anchors });
    const row = 8 * 8 + 5 * 8 + 3;
    [57.594688, 84.841995, 33.072378, 80.516146].forEach((value, side) => {
      expect(centred(rows.corners, row)[side]).toBeCloseTo(value, 5);
    });
    expect([rows.objectness[row], ...rows.classes.subarray(row * 2, row * 2 + 2)]).toEqual([1.5, -2, 4]);
  });

  it("refuse anchors that do not fit the levels", () => {
    expect(() => decoders["yolov7-raw"]([output([1, 3, 8, 8, 7])], 0, settings)).toThrow(
      expect.objectContaining({ code: "KDF_TEACHER_DECODER", message: "level 0 has 3 anchors, `anchors` gives 0" }),
    );
  });

  it("decode YOLOX: t (0.2, −0.4, 0.1, 0.3) in cell (3, 1) of stride 16", () => {
    const row = 8 * 8 + 1 * 4 + 3;
    const raw = output([1, cells, 7], {
      [row * 7]: 0.2,
      [row * 7 + 1]: -0.4,
      [row * 7 + 2]: 0.1,
      [row * 7 + 3]: 0.3,
      [row * 7 + 4]: 0.9,
      [row * 7 + 6]: 0.25,
    });
    const rows = decoders.yolox([raw], 0, settings);
    [51.2, 73.6 - 4 * 16, 17.682735, 21.597741].forEach((value, side) => {
      expect(centred(rows.corners, row)[side]).toBeCloseTo(value, 5);
    });
    expect(probs(rows.objectness.subarray(row, row + 1))).toEqual([0.9]);
    expect(probs(rows.classes.subarray(row * 2, row * 2 + 2))).toEqual([0, 0.25]);
  });

  it("decode the second image of a batch of YOLOv5's rows", () => {
    const at = (3 * cells + 2) * 7;
    const raw = output([2, 3 * cells, 7], {
      [at]: 30,
      [at + 1]: 20,
      [at + 2]: 8,
      [at + 3]: 4,
      [at + 4]: 0.5,
      [at + 5]: 0.125,
    });
    const rows = decoders.yolov5([raw], 1, settings);
    expect(centred(rows.corners, 2)).toEqual([30, 20, 8, 4]);
    expect([probs(rows.objectness)[2], ...probs(rows.classes.subarray(4, 6))]).toEqual([0.5, 0.125, 0]);
    expect(rows.hasObjectness).toBe(true);
  });

  it("give YOLOv6 and YOLOv8 their best class as objectness", () => {
    const six = decoders.yolov6([output([1, cells, 7], { 4: 1, 5: 0.25, 6: 0.75 })], 0, settings);
    expect([six.hasObjectness, probs(six.objectness)[0]]).toEqual([false, 0.75]);
    const raw = output([1, 6, cells], {
      3: 30,
      [cells + 3]: 20,
      [2 * cells + 3]: 8,
      [3 * cells + 3]: 4,
      [4 * cells + 3]: 0.5,
      [5 * cells + 3]: 0.25,
    });
    const eight = decoders.yolov8([raw], 0, settings);
    expect(centred(eight.corners, 3)).toEqual([30, 20, 8, 4]);
    expect([probs(eight.objectness)[3], ...probs(eight.classes.subarray(6, 8))]).toEqual([0.5, 0.5, 0.25]);
  });

  it("decode YOLOv4's shares of the input's sides", () => {
    const boxes = output([1, 9, 1, 4], { 4: 0.25, 5: 0.5, 6: 0.75, 7: 1 }, "boxes");
    const rows = decoders.yolov4([output([1, 9, 2], { 3: 0.5 }, "confs"), boxes], 0, { ...settings, height: 32 });
    expect([...rows.corners.subarray(4, 8)]).toEqual([16, 16, 48, 32]);
    expect(probs(rows.classes.subarray(2, 4))).toEqual([0, 0.5]);
  });

  it("decode DETR by sigmoid and by softmax with a column of no object", () => {
    const boxes = output([1, 3, 4], { 4: 0.5, 5: 0.25, 6: 0.5, 7: 0.5 }, "dets");
    const labels = output([1, 3, 3], { 3: Math.log(2), 4: Math.log(5), 5: Math.log(3) }, "labels");
    const one = decoders.detr([labels, boxes], 0, settings);
    expect([...one.corners.subarray(4, 8)]).toEqual([16, 0, 48, 32]);
    expect(probs(one.classes.subarray(2, 4))).toEqual([0.66667, 0.83333]); // 2/3 and 5/6
    const softmax = decoders.detr([labels, boxes], 0, { ...settings, score: "softmax" });
    expect(probs(softmax.classes.subarray(2, 4))).toEqual([0.2, 0.5]); // 2/10 and 5/10
  });

  it("decode DETR's boxes and probabilities from one output", () => {
    const joined = output([2, 3, 6], { 24: 0.5, 25: 0.25, 26: 0.5, 27: 0.5, 29: 0.75 });
    const rows = decoders.detr([joined], 1, settings);
    expect([...rows.corners.subarray(4, 8)]).toEqual([16, 0, 48, 32]);
    expect(probs(rows.classes.subarray(2, 4))).toEqual([0, 0.75]);
  });

  it("tell DETR's boxes by name where three classes make both outputs alike", () => {
    const boxes = output([1, 3, 4], { 0: 0.5, 1: 0.5, 2: 1, 3: 1 }, "dets");
    const labels = output([1, 3, 4], { 0: 9 }, "labels");
    for (const outputs of [
      [boxes, labels],
      [labels, boxes],
    ]) {
      expect([...decoders.detr(outputs, 0, { ...settings, classCount: 3 }).corners.subarray(0, 4)]).toEqual([
        0, 0, 64, 64,
      ]);
    }
  });

  it("read COCO's ids with gaps from 91 columns", () => {
    const labels = output([1, 1, 91], { 1: 5, 13: 6, 90: 7 }, "labels");
    const rows = decoders.detr([output([1, 1, 4], {}, "dets"), labels], 0, { ...settings, classCount: 80 });
    // person, stop sign (the 12th: id 12 is not used), toothbrush
    expect([rows.classes[0], rows.classes[11], rows.classes[79]]).toEqual([5, 6, 7]);
  });
});

describe("decoders of boxes that were chosen in the graph", () => {
  const box = [8, 16, 24, 48];
  const found = (rows: ReturnType<(typeof decoders)["yolov5"]>) => {
    const { classes, scores, corners } = rowCandidates(rows, { scoreThreshold: 0.001, multiLabel: true });
    return Array.from(classes, (id, row) => [
      ...corners.subarray(row * 4, row * 4 + 4),
      id,
      Math.round((scores[row] ?? 0) * 1e5) / 1e5,
    ]);
  };

  it("take as many of a counted list as the image has", () => {
    const outputs = [
      output([2, 1], { 0: 0, 1: 1 }, "num_dets"),
      output([2, 2, 4], { 8: 8, 9: 16, 10: 24, 11: 48, 14: 9, 15: 9 }, "det_boxes"),
      output([2, 2], { 0: 0.5, 2: 0.75, 3: 0.5 }, "det_scores"),
      output([2, 2], { 2: 1 }, "det_classes"),
    ];
    expect(found(decoders["nms-counted"](outputs, 0, settings))).toEqual([]);
    expect(found(decoders["nms-counted"](outputs, 1, settings))).toEqual([[...box, 1, 0.75]]);
  });

  it("leave out empty slots", () => {
    const raw = output([1, 3, 6], { 0: 8, 1: 16, 2: 24, 3: 48, 4: 0.75, 5: 1 });
    const rows = decoders["nms-slots"]([raw], 0, settings);
    expect(found(rows)).toEqual([[...box, 1, 0.75]]);
    expect([rows.objectness.length, rows.hasObjectness]).toEqual([3, false]);
  });

  it("take from one list for a batch the boxes of the image", () => {
    const raw = output([2, 7]);
    raw.data.set([1, ...box, 1, 0.75, 0, 1, 2, 3, 4, 0, 0.5]);
    expect(found(decoders["nms-rows"]([raw], 0, settings))).toEqual([[1, 2, 3, 4, 0, 0.5]]);
    expect(found(decoders["nms-rows"]([raw], 1, settings))).toEqual([[...box, 1, 0.75]]);
    expect(found(decoders["nms-rows"]([output([0, 7])], 0, settings))).toEqual([]);
  });

  it("read finished queries", () => {
    const outputs = [
      output([1, 2], { 1: 1 }, "labels"),
      output([1, 2, 4], { 4: 8, 5: 16, 6: 24, 7: 48 }, "boxes"),
      output([1, 2], { 1: 0.75 }, "scores"),
    ];
    expect(found(decoders["detr-finished"](outputs, 0, settings))).toEqual([[...box, 1, 0.75]]);
  });

  it("refuse a class that has no name", () => {
    const raw = output([1, 1, 6], { 4: 0.75, 5: 2 });
    expect(() => decoders["nms-slots"]([raw], 0, settings)).toThrow(
      expect.objectContaining({ message: "the detector finds class 2, and 2 have names" }),
    );
  });
});

describe("rowCandidates", () => {
  const rows = (classCount: number, objectness: number[], classes: number[], hasObjectness: boolean) => ({
    corners: Float64Array.from({ length: objectness.length * 4 }, (_, at) => at),
    objectness: Float32Array.from(objectness),
    classes: Float32Array.from(classes),
    classCount,
    hasObjectness,
  });

  it("multiplies objectness and class, for every class or the best alone", () => {
    const two = rows(2, [0, -20], [0, Math.log(3), 9, 9], true);
    const all = rowCandidates(two, { scoreThreshold: 0.1, multiLabel: true });
    expect([[...all.classes], [...all.corners]]).toEqual([
      [0, 1],
      [0, 1, 2, 3, 0, 1, 2, 3],
    ]);
    expect(all.scores[0]).toBeCloseTo(0.5 * 0.5, 6);
    expect(all.scores[1]).toBeCloseTo(0.5 * 0.75, 6);
    expect([...rowCandidates(two, { scoreThreshold: 0.1, multiLabel: false }).classes]).toEqual([1]);
  });

  it("scores one class by objectness alone, and rows without objectness by their class", () => {
    const trained = rowCandidates(rows(1, [Math.log(3)], [0], true), { scoreThreshold: 0.1, multiLabel: true });
    expect(trained.scores[0]).toBeCloseTo(0.75, 6);
    const without = rowCandidates(rows(2, [Math.log(3)], [0, Math.log(3)], false), {
      scoreThreshold: 0.1,
      multiLabel: false,
    });
    expect(without.scores[0]).toBeCloseTo(0.75, 6);
  });
});

describe("recogniseDecoder", () => {
  const size = { width: 640, height: 640, classCount: 80 };
  const shaped = (shapes: number[][], names: string[] = []): DetectorOutput[] =>
    shapes.map((shape, at) => ({ name: names[at] ?? `output${at}`, shape, data: new Float32Array() }));

  it.each([
    ["yolov5", [[1, 25200, 85]]],
    ["yolov8", [[1, 84, 8400]]],
    [
      "yolov4",
      [
        [1, 22743, 1, 4],
        [1, 22743, 80],
      ],
    ],
    [
      "detr",
      [
        [1, 300, 4],
        [1, 300, 91],
      ],
    ],
    [
      "detr",
      [
        [1, 300, 80],
        [1, 300, 4],
      ],
    ],
    ["detr", [[1, 300, 84]]],
    [
      "yolov7-raw",
      [
        [1, 3, 80, 80, 85],
        [1, 3, 40, 40, 85],
        [1, 3, 20, 20, 85],
      ],
    ],
  ])("knows %s by its shapes", (decoder, shapes) => {
    expect(recogniseDecoder(shaped(shapes), size)).toMatchObject({ kind: "certain", decoder });
  });

  it("says that YOLOv6 and YOLOX are alike, and tells them by one answer", () => {
    expect(recogniseDecoder(shaped([[1, 8400, 85]]), size)).toMatchObject({
      kind: "either",
      decoders: ["yolov6", "yolox"],
    });
    const answer = (objectness: number, x: number): DetectorOutput => {
      const raw = output([1, cells, 7]);
      for (let row = 0; row < cells; row++) raw.data.set([x, x, 1, 1, objectness, 0.1, 0.1], row * 7);
      return raw;
    };
    expect(recogniseDecoder([answer(1, 60)], settings)).toMatchObject({ decoder: "yolov6" });
    expect(recogniseDecoder([answer(0.1, 0.5)], settings)).toMatchObject({ decoder: "yolox" });
    expect(recogniseDecoder([answer(0.1, 60)], settings)).toMatchObject({ decoder: "yolov5" });
  });

  it.each([
    ["nms-slots", [[1, 300, 6]], []],
    ["nms-rows", [[12, 7]], []],
    [
      "nms-counted",
      [
        [1, 1],
        [1, 100, 4],
        [1, 100],
        [1, 100],
      ],
      ["num_dets", "det_boxes", "det_scores", "det_classes"],
    ],
    [
      "detr-finished",
      [
        [1, 300],
        [1, 300, 4],
        [1, 300],
      ],
      ["labels", "boxes", "scores"],
    ],
  ])("knows boxes that were chosen in the graph: %s", (decoder, shapes, names) => {
    expect(recogniseDecoder(shaped(shapes, names), size)).toMatchObject({ kind: "certain", decoder });
  });

  it("tells six numbers of two classes' queries from slots by the last, which is a probability", () => {
    const queries = output([1, 2, 6], { 4: 0.75, 5: 0.25, 11: 0.5 });
    expect(recogniseDecoder([queries], { ...size, classCount: 2 })).toMatchObject({ decoder: "detr" });
    const slots = output([1, 2, 6], { 4: 0.75, 5: 1 });
    expect(recogniseDecoder([slots], { ...size, classCount: 2 })).toMatchObject({ decoder: "nms-slots" });
  });

  it.each([
    [[[1, 25200, 25]], "nearest: yolov5 wants [batch, 25200, 85]"],
    [[[1, 24, 8400]], "nearest: yolov8 wants [batch, 84, 8400]"],
    [
      [
        [1, 300, 4],
        [1, 300, 20],
      ],
      "nearest: detr wants [batch, queries, 4] and [batch, queries, 80 or 81]",
    ],
  ])("shows shapes that fit none, and what was near: %j", (shapes, near) => {
    expect(() => recogniseDecoder(shaped(shapes), size)).toThrow(
      expect.objectContaining({
        code: "KDF_TEACHER_DECODER",
        message: expect.stringContaining(`[${(shapes[0] ?? []).join(", ")}]`),
        hint: expect.arrayContaining([expect.stringContaining(near)]),
      }),
    );
  });
});
