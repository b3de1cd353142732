/** Boxes that a detector found in the very view that a student sees. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dataset, PortValues, SoftLabels, StageContext } from "../../../core/index.ts";
import { yolo } from "../../../plugins/data/yolo.ts";
import { detections } from "../../../plugins/soft-labels/detections.ts";
import { online } from "../../../plugins/soft-labels/online.ts";
import { rowsOf } from "../../../plugins/tasks/detection/answer-rows.ts";
import { rowCandidates } from "../../../plugins/tasks/detection/decoders/row-candidates.ts";
import { detectionTruth } from "../../../plugins/tasks/detection/detection-truth.ts";
import { movedNumbers, moveRows, readingOf } from "../../../plugins/tasks/detection/move-rows.ts";
import { nmsDefaults, suppress } from "../../../plugins/tasks/detection/nms.ts";
import { shownPhotos } from "../../../plugins/tasks/detection/shown-photos.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import { trainBatches } from "../../../plugins/trainers/batches/batches.ts";
import { movedRowsInput } from "../../../plugins/trainers/inputs/moved-rows.ts";
import type { BatchBinding } from "../../../plugins/trainers/inputs/step-input.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { openPipeline } from "../../support/pipeline-run.ts";
import { rowTeacher } from "../../support/row-teacher.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

const photos = 6;
const views = 3;
const top = 60;
/** Images that a detector is asked about before it labels, twice. */
const askedBefore = 2 * photos;
const minScore = 0.05;
const augment = [
  { use: "random-resized-crop", scale: [0.3, 0.9], ratio: [0.75, 1.33] },
  { use: "flip", probability: 0.5 },
];

let bench: Workbench;
let root: string;
let stages = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-views-"));
  await writeBoxPhotos(root, photos, { width: 320, height: 200 });
  bench = await openWorkbench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const photoData = (options: object = {}): Promise<Dataset> =>
  bench.data(
    { root, data: "data.yaml", imageSize: 64, validation: 0, test: 0, fit: "stretch", augment, ...options },
    7,
    yolo,
  );
const contextOf = (directory: string): StageContext => ({ ...bench.context(0, directory), task: () => detection.task });

async function label(options: object, inputs: PortValues): Promise<{ labels: SoftLabels; directory: string }> {
  const directory = join(bench.folder, `views-${++stages}`);
  await mkdir(directory);
  const all = { top, replay: "exact", views, minScore, precision: "float32", shardSize: 4, batchSize: 5, ...options };
  await detections.run(all as never, inputs, contextOf(directory));
  const labels = await detections.open({ directory, digest: "" }, {} as never, contextOf(directory));
  return { labels, directory };
}

/** Boxes after suppression as the teacher finds them in a view, cut off where the view shows nothing, on its canvas. */
async function foundIn(data: Dataset, teacher: ReturnType<typeof rowTeacher>, sample: number, number: number) {
  const size = teacher.imageSize;
  const view = data.view("train", sample, number);
  const pixels = new Uint8Array(size.height * size.width * size.channels);
  await data.splits.train.render([sample], [view], size, pixels);
  const rows = rowCandidates(rowsOf(await teacher.predict(pixels, 1), teacher.outputs, 0), {
    scoreThreshold: minScore,
    multiLabel: true,
  });
  const [shown] = shownPhotos(sample, view, detectionTruth(data.splits.train), size);
  const [left = 0, upper = 0, right = 0, lower = 0] = shown?.placement.content ?? [];
  return Array.from(suppress(rows, { ...nmsDefaults, scoreThreshold: minScore }), (row) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = rows.corners.subarray(row * 4, row * 4 + 4);
    return {
      corners: [Math.max(x1, left), Math.max(y1, upper), Math.min(x2, right), Math.min(y2, lower)],
      class: rows.classes[row] ?? -1,
      score: rows.scores[row] ?? 0,
    };
  }).filter(({ corners: [x1 = 0, y1 = 0, x2 = 0, y2 = 0] }) => x2 - x1 > 1 && y2 - y1 > 1);
}

/** Stored boxes of a view as a student sees them on that canvas. */
async function movedTo(data: Dataset, labels: SoftLabels, sample: number, number: number, size: Dataset["imageSize"]) {
  const width = 5 + labels.classNames.length;
  const rows = new Float32Array(top * width);
  await labels.read([sample], [number], rows);
  const shown = shownPhotos(sample, data.view("train", sample, number), detectionTruth(data.splits.train), size);
  const out = new Float32Array(top * (movedNumbers + data.classNames.length));
  const keepAll = { minVisible: 0, minSide: 0 };
  moveRows(
    shown.map((photo) => ({ ...photo, rows })),
    readingOf(labels, data.classNames),
    out,
    keepAll,
  );
  return Array.from({ length: top }, (_, row) => [...out.subarray(row * (width + 1), (row + 1) * (width + 1))]).filter(
    ([isThere]) => isThere === 1,
  );
}

describe("softLabels/detections with replay: exact", () => {
  it("stores of each view what the teacher finds in its pixels, where the student sees it", async () => {
    const data = await photoData();
    const teacher = rowTeacher();
    const { labels } = await label({}, { data, teacher });
    expect(teacher.images).toBe(askedBefore + photos * views);
    expect(labels).toMatchObject({ content: "detections", views, sampleCount: photos });
    let boxes = 0;
    for (const [sample, number] of [
      [0, 0],
      [0, 2],
      [3, 1],
      [5, 2],
    ] as const) {
      const [moved, found] = [
        await movedTo(data, labels, sample, number, teacher.imageSize),
        await foundIn(data, teacher, sample, number),
      ];
      boxes += found.length;
      for (const box of found) {
        const near = moved.filter(
          ([, ...numbers]) =>
            box.corners.every((edge, side) => Math.abs(edge - (numbers[side] ?? 0)) < 1e-3) &&
            Math.abs((numbers[4] ?? 0) * (numbers[5 + box.class] ?? 0) - box.score) < 1e-5,
        );
        expect(near.length).toBeGreaterThan(0);
      }
    }
    expect(boxes).toBeGreaterThan(20);
    await labels.close();
  });

  it("gives every epoch the boxes of the view that it shows", async () => {
    const data = await photoData();
    const { labels } = await label({}, { data, teacher: rowTeacher() });
    const inputSize = { height: 48, width: 96, channels: 3, fit: "stretch" } as const;
    const source = {
      dataset: data,
      task: detection.task,
      inputSize,
      batchSize: photos,
      softLabels: labels,
      teacher: undefined,
    };
    const binding = movedRowsInput.bind("teacherRows", { name: "box-soft" }, {
      source,
      options: {},
      built: undefined,
    } as never) as BatchBinding;
    const filler = movedRowsInput.filler?.([binding], source);
    if (filler === undefined) throw new Error("no filler");
    const orderOf = () => bench.context(0, bench.folder).rng("order");
    const width = movedNumbers + data.classNames.length;
    for (const epoch of [1, 5]) {
      for await (const batch of trainBatches({ ...source, views, orderOf }, [filler], { epoch, step: 0 })) {
        const given = batch.inputs["teacherRows"] as Float32Array;
        for (const [row, sample] of batch.indices.entries()) {
          const own = given.subarray(row * top * width, (row + 1) * top * width);
          const wanted = await movedTo(data, labels, sample, epoch % views, inputSize);
          const there = Array.from({ length: top }, (_, at) => [...own.subarray(at * width, (at + 1) * width)]).filter(
            ([isThere]) => isThere === 1,
          );
          expect(there.length).toBeGreaterThan(0);
          for (const each of there) expect(wanted).toContainEqual(each);
        }
      }
    }
    await labels.close();
  });

  it("is reused by files, told apart from plain photos and other views, and verified", async () => {
    const data = await photoData();
    const teacher = rowTeacher();
    const asked = async (options: object, inputs: object = {}): Promise<number> => {
      const before = teacher.images;
      await (await label({ top: 50, ...options }, { data, teacher, ...inputs })).labels.close();
      return teacher.images - before;
    };
    expect(await asked({})).toBe(askedBefore + photos * views);
    expect(await asked({})).toBe(0);
    expect(await asked({ replay: "transformed" })).toBe(askedBefore + photos);
    expect(await asked({}, { data: await photoData({ augment: [{ use: "flip", probability: 0.5 }] }) })).toBe(
      askedBefore + photos * views,
    );
    const { directory, labels } = await label({ top: 50 }, { data, teacher });
    await labels.close();
    const verify = (own: ReturnType<typeof rowTeacher>) =>
      detections.verify?.({ directory, digest: "" }, {} as never, { data, teacher: own }, contextOf(directory));
    expect(await verify(rowTeacher())).toMatchObject({ ok: true, checked: photos * views });
    expect(await verify(rowTeacher({ rows: 41 }))).toMatchObject({ ok: false });
  });

  it("is what a teacher in the loop says of any view", async () => {
    const data = await photoData();
    const inputs = { data, teacher: rowTeacher() };
    const { labels } = await label({}, inputs);
    const directory = join(bench.folder, "online");
    await mkdir(directory);
    await online.run({ top, minScore } as never, inputs, contextOf(directory));
    const openInput = async (port: string): Promise<unknown> => inputs[port as keyof typeof inputs];
    const opening = { ...contextOf(directory), openInput } as StageContext;
    const asked = await online.open({ directory, digest: "" }, {} as never, opening);
    expect(asked).toMatchObject({ content: "detections", views: undefined, outputs: labels.outputs });
    const read = async (source: SoftLabels): Promise<Float32Array> => {
      const out = new Float32Array(3 * top * (5 + data.classNames.length));
      await source.read([0, 4, 4], [2, 0, 1], out);
      return out;
    };
    const [own, stored] = [await read(asked), await read(labels)];
    expect(stored.some((value) => value > 0)).toBe(true);
    expect(own).toEqual(stored);
    await labels.close();
  });

  it("is one view where nothing is augmented, and refused where views show several photos", async () => {
    const { labels } = await label({}, { data: await photoData({ augment: [] }), teacher: rowTeacher() });
    expect(labels.views).toBe(1);
    await labels.close();
    const net = (name: string) => new URL(`../../cases/detector-knows-no-class/net.${name}`, import.meta.url).pathname;
    const { session } = await openPipeline(
      root,
      `  data: { use: yolo, root: ., imageSize: 64, augment: [mosaic] }
  teacher: { use: darknet, model: ${net("cfg")}, weights: ${net("weights")}, classes: ${net("names")} }
  softLabels: { use: detections, replay: exact, views: 2 }
`,
    );
    await expect(session.plan()).rejects.toMatchObject({
      code: "KDF_PLAN_OPTIONS",
      hint: [expect.stringContaining("take `replay: transformed`")],
    });
  });
});
