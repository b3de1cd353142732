import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dataset, HostArray, SoftLabels, Teacher } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { yolo } from "../../../plugins/data/yolo.ts";
import { detections } from "../../../plugins/soft-labels/detections.ts";
import { evenIndices } from "../../../plugins/tasks/classification/preflight/teacher-sample.ts";
import { logitOf } from "../../../plugins/tasks/detection/decoders/detection-rows.ts";
import { detectionTruth } from "../../../plugins/tasks/detection/detection-truth.ts";
import { moveBoxes } from "../../../plugins/tasks/detection/move-boxes.ts";
import { placeCorners } from "../../../plugins/tasks/detection/placement.ts";
import { placements } from "../../../plugins/tasks/detection/placements.ts";
import { shownPhotos } from "../../../plugins/tasks/detection/shown-photos.ts";
import { viewerOf } from "../../../plugins/tasks/detection/viewer.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import { trainBatches } from "../../../plugins/trainers/batches/batches.ts";
import type { SampleSource } from "../../../plugins/trainers/inputs/batch-filler.ts";
import { movedRowsInput } from "../../../plugins/trainers/inputs/moved-rows.ts";
import type { BatchBinding, ConstantBinding, InputScene } from "../../../plugins/trainers/inputs/step-input.ts";
import { truthInput } from "../../../plugins/trainers/inputs/truth.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

const photos = 6;
const student = { height: 64, width: 96, channels: 3, fit: "stretch" } as const;
const plain = { data: "data.yaml", imageSize: 64, validation: 0, test: 0, fit: "stretch" };
const augment = [
  { use: "random-resized-crop", scale: [0.3, 0.9], ratio: [0.75, 1.33] },
  { use: "flip", probability: 0.5 },
];

let bench: Workbench;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-moved-"));
  await writeBoxPhotos(root, photos);
  bench = await openWorkbench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const photoData = (options: object = {}): Promise<Dataset> =>
  bench.data({ root, ...plain, augment, ...options }, 7, yolo);

/** A teacher that finds the very boxes of the truth, by their order in the split, and counts how often it is asked. */
function knowingTeacher(data: Dataset, classNames: readonly string[] = data.classNames): Teacher & { images: number } {
  const { boxes, sizes } = detectionTruth(data.splits.train);
  const { count } = data.splits.train;
  // a few are asked about twice, then all
  const first = [...evenIndices(count, Math.min(8, count))];
  const order = [...first, ...first, ...Array(count).keys()];
  const width = 5 + classNames.length;
  const top = 4;
  const imageSize = {
    height: 48,
    width: 48,
    channels: 3,
    fit: { letterbox: "centre", fill: 114, enlarge: true, rounding: "round" },
  } as const;
  const teacher = {
    images: 0,
    task: "detection",
    classNames,
    outputs: { rows: { kind: "rows", shape: [top, width] } },
    imageSize,
    digest: `knowing ${classNames.join()}`,
    preprocessing: "pixels 0…255",
    async predict(_pixels: Uint8Array, count: number) {
      const rows = new Float32Array(count * top * width).fill(-100);
      for (let image = 0; image < count; image++) {
        const at = order[teacher.images + image] ?? -1;
        const original = { height: sizes[at * 2] ?? 0, width: sizes[at * 2 + 1] ?? 0, channels: 3 };
        const [placement] = placements(
          { left: 0, top: 0, width: 1, height: 1, flip: false },
          [original],
          viewerOf(imageSize),
        );
        if (placement === undefined) continue;
        for (let box = boxes.offsets[at] ?? 0, row = 0; box < (boxes.offsets[at + 1] ?? 0); box++, row++) {
          const corners = Array.from(boxes.corners.subarray(box * 4, box * 4 + 4)) as [number, number, number, number];
          const own = (image * top + row) * width;
          rows.set(placeCorners(corners, placement), own);
          rows[own + 4] = logitOf(0.8);
          for (let id = 0; id < classNames.length; id++)
            rows[own + 5 + id] = logitOf(id === (boxes.classes[box] ?? 0) ? 0.9 : 0.1);
        }
      }
      teacher.images += count;
      return { rows };
    },
    dispose: () => undefined,
  };
  return teacher;
}

async function labelled(data: Dataset, teacher: Teacher, top = 8): Promise<SoftLabels> {
  const directory = await mkdtemp(join(bench.folder, "detections-"));
  await mkdir(directory, { recursive: true });
  const context = { ...bench.context(0, directory), task: () => detection.task };
  const options = { top, minScore: 0.05, precision: "float32", shardSize: 8, batchSize: 8 };
  await detections.run(options as never, { data, teacher }, context);
  return detections.open({ directory, digest: "" }, {} as never, context);
}

const sourceOf = (dataset: Dataset, softLabels: SoftLabels): SampleSource => ({
  dataset,
  task: detection.task,
  inputSize: student,
  batchSize: 4,
  softLabels,
  teacher: undefined,
});

function bind(name: string, source: SampleSource): BatchBinding | ConstantBinding {
  const scene = { source, options: {} } as unknown as InputScene;
  const input = name === "boxes" ? truthInput : movedRowsInput;
  return input.bind(name, { name: "term" }, scene) as BatchBinding | ConstantBinding;
}

/** What the batches of an epoch hold, image by image, by the image's place in the split. */
async function epochOf(
  source: SampleSource,
  epoch: number,
): Promise<Map<number, { rows: number[][]; boxes: number[][] }>> {
  const [rows, boxes] = ["teacherRows", "boxes"].map((name) => bind(name, source) as BatchBinding);
  if (rows === undefined || boxes === undefined) throw new Error("not bound");
  const fillers = [movedRowsInput.filler?.([rows], source), truthInput.filler?.([boxes], source)].flatMap(
    (each) => each ?? [],
  );
  const found = new Map<number, { rows: number[][]; boxes: number[][] }>();
  const batches = trainBatches({ ...source, views: undefined, orderOf: (at) => createRng(1, "order", at) }, fillers, {
    epoch,
    step: 0,
  });
  for await (const batch of batches) {
    const listed = (
      values: HostArray | undefined,
      image: number,
      width: number,
      isThere: (row: number[]) => boolean,
    ) => {
      const own = Array.from((values as Float32Array).subarray(0), Number).slice(
        (image * (values?.length ?? 0)) / batch.size,
        ((image + 1) * (values?.length ?? 0)) / batch.size,
      );
      return Array.from({ length: own.length / width }, (_, row) => own.slice(row * width, (row + 1) * width)).filter(
        isThere,
      );
    };
    batch.indices.forEach((index, image) => {
      found.set(index, {
        rows: listed(batch.inputs["teacherRows"], image, 8, ([there]) => there === 1),
        boxes: listed(batch.inputs["boxes"], image, 6, ([id = -1]) => id >= 0),
      });
    });
  }
  return found;
}

const byPlace = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((order, value, at) => order || Math.round(100 * (value - (other[at] ?? 0))), 0);

describe("the teacher's stored rows in a training", () => {
  it("lie where each view shows the truth, in fresh views every epoch, and the teacher is never asked", async () => {
    const data = await photoData();
    const teacher = knowingTeacher(data);
    const labels = await labelled(data, teacher);
    const asked = 2 * Math.min(8, photos) + photos;
    expect(teacher.images).toBe(asked);
    const source = sourceOf(data, labels);
    const epochs = [await epochOf(source, 0), await epochOf(source, 1), await epochOf(source, 5)];
    expect(teacher.images).toBe(asked);
    let seen = 0;
    for (const epoch of epochs) {
      expect(epoch.size).toBe(photos);
      for (const { rows, boxes } of epoch.values()) {
        const moved = rows.map((row) => row.slice(1, 5)).sort(byPlace);
        const truth = boxes.map((row) => row.slice(1, 5)).sort(byPlace);
        expect(moved.length).toBe(truth.length);
        moved.flat().forEach((edge, at) => {
          expect(edge).toBeCloseTo(truth.flat()[at] ?? Number.NaN, 3);
        });
        for (const [, , , , , objectness = 0, ...classes] of rows) {
          expect(objectness).toBeCloseTo(0.8, 5);
          expect(classes.map((prob) => Math.round(prob * 10)).sort()).toEqual([1, 9]);
        }
        seen += rows.length;
      }
    }
    expect(seen).toBeGreaterThan(2 * photos);
    const [first, second] = epochs.map((epoch) => JSON.stringify([...epoch].sort(([a], [b]) => a - b)));
    expect(first).not.toBe(second);
    await labels.close();
  });

  it("come from both photos of a view that mixes two", async () => {
    const data = await photoData({ augment: [{ use: "mixup", alpha: 1, probability: 1 }] });
    expect(data.mixes).toBe(true);
    const labels = await labelled(data, knowingTeacher(data));
    const source = sourceOf(data, labels);
    const binding = bind("teacherRows", source) as BatchBinding;
    const slot = movedRowsInput.filler?.([binding], source).slot(2);
    const { train } = data.splits;
    const truth = detectionTruth(train);
    for (const index of train.digests.keys()) {
      const view = data.view("train", index, 3);
      const rows = {
        split: train,
        chosen: Uint32Array.of(index),
        viewNumbers: Uint16Array.of(3),
        views: [view],
        size: 1,
        pixels: new Uint8Array(),
      };
      await slot?.ahead?.(rows);
      const values = Array.from((slot?.given(1)["teacherRows"] ?? []) as Float32Array);
      const found = Array.from({ length: 8 }, (_, row) => values.slice(row * 8, row * 8 + 8)).filter(
        ([there]) => there === 1,
      );
      const shown = shownPhotos(index, view, truth, student);
      expect(shown.length).toBe(2);
      const wanted = shown.flatMap(({ image, placement }) => {
        const { boxes } = moveBoxes(truth.boxes, image, placement);
        return Array.from(boxes.classes.keys(), (box) =>
          Array.from(boxes.corners.subarray(box * 4, box * 4 + 4), Math.round),
        );
      });
      expect(wanted.length).toBeGreaterThan(1);
      expect(found.map((row) => row.slice(1, 5).map(Math.round)).sort(byPlace)).toEqual(wanted.sort(byPlace));
    }
    await labels.close();
  });

  it("come from every photo of a mosaic, and of two mosaics that are mixed, none for want of room", async () => {
    const mosaic = [
      { use: "mosaic", probability: 1 },
      { use: "scale-translate", scale: [0.5, 1.6], translate: 0.1 },
    ];
    const scenes = [
      { own: mosaic, shown: 4 },
      { own: [...mosaic, { use: "mixup", alpha: 8, probability: 1 }], shown: 8 },
    ];
    for (const { own, shown } of scenes) {
      const data = await photoData({ augment: own });
      expect(data.photos).toBe(shown);
      // room for exactly what the photo with most boxes has
      const labels = await labelled(data, knowingTeacher(data), 2);
      const source = sourceOf(data, labels);
      expect((bind("teacherRows", source) as BatchBinding).shape).toEqual([2 * shown, 8]);
      let most = 0;
      for (const epoch of [await epochOf(source, 0), await epochOf(source, 3)]) {
        for (const { rows, boxes } of epoch.values()) {
          const moved = rows.map((row) => row.slice(1, 5)).sort(byPlace);
          const truth = boxes.map((row) => row.slice(1, 5)).sort(byPlace);
          expect(moved.length).toBe(truth.length);
          moved.flat().forEach((edge, at) => {
            expect(edge).toBeCloseTo(truth.flat()[at] ?? Number.NaN, 3);
          });
          most = Math.max(most, moved.length);
        }
      }
      expect(most).toBeGreaterThan(2);
      await labels.close();
    }
  });

  it("tell objectness as the data's classes where the teacher knows others too, and which it knows", async () => {
    const data = await photoData();
    const labels = await labelled(data, knowingTeacher(data, ["ship", "dog", "cat"]));
    const source = sourceOf(data, labels);
    expect(bind("teacherKnown", source)).toMatchObject({ from: "constant", values: Float32Array.of(1, 0) });
    const rows = [...(await epochOf(source, 0)).values()].flatMap((each) => each.rows);
    expect(rows.length).toBeGreaterThan(0);
    for (const [, , , , , objectness = 0, ship = 0, tree = 1] of rows) {
      // a ship's own score, or that of a tree that is taken for a dog
      expect([0.72, 0.08].some((score) => Math.abs(objectness - score) < 1e-5)).toBe(true);
      expect([ship, tree]).toEqual([1, 0]);
    }
    await labels.close();
  });

  it("are refused to a term where soft labels are something else", async () => {
    const data = await photoData();
    const source = {
      ...sourceOf(data, { content: "logits", classNames: ["ship"], outputs: {} } as unknown as SoftLabels),
    };
    expect(() => bind("teacherRows", source)).toThrow("boxes of a detector");
  });
});
