import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Dataset, PortValues, SoftLabels, StageContext } from "../../../core/index.ts";
import { yolo } from "../../../plugins/data/yolo.ts";
import { boxBytes } from "../../../plugins/soft-labels/boxes/box-columns.ts";
import { chooseRows } from "../../../plugins/soft-labels/boxes/choose-rows.ts";
import { detections } from "../../../plugins/soft-labels/detections.ts";
import { type DetectionRows, emptyRows, logitOf } from "../../../plugins/tasks/detection/decoders/detection-rows.ts";
import { rowCandidates } from "../../../plugins/tasks/detection/decoders/row-candidates.ts";
import { detectionTruth } from "../../../plugins/tasks/detection/detection-truth.ts";
import { findBoxes } from "../../../plugins/tasks/detection/find-boxes.ts";
import { nmsDefaults, suppress } from "../../../plugins/tasks/detection/nms.ts";
import { originalOf } from "../../../plugins/tasks/detection/shown-photos.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { rowTeacher } from "../../support/row-teacher.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

const photos = 20;
/** Images that a detector is asked about before it labels: eight, twice. */
const askedBefore = 16;
const minScore = 0.01;
const defaults = { top: 300, replay: "transformed", minScore, precision: "float16", shardSize: 8, batchSize: 3 };

let bench: Workbench;
let root: string;
let stages = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-boxes-"));
  await writeBoxPhotos(root, photos, { width: 1280, height: 800 });
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const plainOptions = {
  data: "data.yaml",
  imageSize: 64,
  validation: 0,
  test: 0,
  augment: [],
  fit: "stretch",
};
const photoData = (options: object = {}): Promise<Dataset> =>
  bench.data({ root, ...plainOptions, ...options }, 7, yolo);

function contextOf(directory: string, signal?: AbortSignal): StageContext {
  return { ...bench.context(0, directory, signal), task: () => detection.task };
}

async function label(options: object, inputs: PortValues, signal?: AbortSignal): Promise<string> {
  const directory = join(bench.folder, `detections-${++stages}`);
  await mkdir(directory);
  await detections.run({ ...defaults, ...options } as never, inputs, contextOf(directory, signal));
  return directory;
}

const open = (directory: string): Promise<SoftLabels> =>
  detections.open({ directory, digest: "" }, {} as never, contextOf(directory));

async function shardFiles(directory: string): Promise<string[]> {
  const keys = JSON.parse(await readFile(join(directory, "references.json"), "utf8")) as string[];
  return keys.map((key) => join(bench.store.layout.artifacts, key, "labels.arrow"));
}

/** Boxes of what is stored, in pixels of the photo. */
async function storedBoxes(directory: string, data: Dataset, sample: number) {
  const labels = await open(directory);
  const [spec] = Object.values(labels.outputs);
  const [top = 0, width = 0] = spec?.shape ?? [];
  const out = new Float32Array(top * width);
  await labels.read([sample], [0], out);
  await labels.close();
  const { width: wide, height: high } = originalOf(detectionTruth(data.splits.train), sample);
  const rows = emptyRows(top, width - 5, spec?.objectness !== false);
  for (let row = 0; row < top; row++) {
    for (let side = 0; side < 4; side++)
      rows.corners[row * 4 + side] = (out[row * width + side] ?? 0) * (side % 2 === 0 ? wide : high);
    rows.objectness[row] = out[row * width + 4] ?? 0;
    rows.classes.set(out.subarray(row * width + 5, (row + 1) * width), row * (width - 5));
  }
  const found = rowCandidates(rows, { scoreThreshold: minScore, multiLabel: true });
  return Array.from(found.scores.keys(), (row) => ({
    corners: Array.from(found.corners.subarray(row * 4, row * 4 + 4)),
    class: found.classes[row] ?? -1,
    score: found.scores[row] ?? 0,
  }));
}

/** Boxes after suppression as the teacher gives them when it is asked directly. */
async function askedBoxes(data: Dataset, teacher: ReturnType<typeof rowTeacher>, sample: number) {
  const size = teacher.imageSize;
  const pixels = new Uint8Array(size.height * size.width * size.channels);
  await data.splits.train.render([sample], undefined, size, pixels);
  const original = originalOf(detectionTruth(data.splits.train), sample);
  const answers = await teacher.predict(pixels, 1);
  const request = {
    ...nmsDefaults,
    scoreThreshold: minScore,
    multiLabel: true,
    outputs: teacher.outputs,
    imageSize: size,
  };
  const found = findBoxes(answers, 0, original, request);
  // some rows of a drawn teacher lie beside the photo
  return found.filter(({ corners: [left, top, right, bottom] }) => right > left && bottom > top);
}

describe("softLabels/detections", () => {
  it.each([true, false])(
    "gives back every box of the teacher's suppression, within 0.01 pixels at 1280 (objectness: %s)",
    async (objectness) => {
      const data = await photoData();
      const teacher = rowTeacher({ objectness });
      const directory = await label({}, { data, teacher });
      expect(teacher.images).toBe(askedBefore + photos);
      for (const sample of [0, 7, 8, 19]) {
        const [stored, asked] = [await storedBoxes(directory, data, sample), await askedBoxes(data, teacher, sample)];
        expect(asked.length).toBeGreaterThan(5);
        for (const box of asked) {
          const near = stored.filter(
            (other) =>
              other.class === box.class &&
              box.corners.every((edge, side) => Math.abs(edge - (other.corners[side] ?? 0)) <= 0.01) &&
              Math.abs(other.score - box.score) < 2e-3,
          );
          expect(near.length).toBe(1);
        }
      }
    },
  );

  it("keeps numbers as they are in float32", async () => {
    const data = await photoData();
    const directory = await label({ precision: "float32" }, { data, teacher: rowTeacher() });
    const [stored, asked] = [await storedBoxes(directory, data, 3), await askedBoxes(data, rowTeacher(), 3)];
    for (const box of asked) {
      const near = stored.filter(
        (other) =>
          Math.abs(other.score - box.score) < 1e-6 &&
          box.corners.every((edge, side) => Math.abs(edge - (other.corners[side] ?? 0)) < 1e-3),
      );
      expect(near.length).toBe(1);
    }
  });

  it("writes files that the Arrow library reads, with what they are in their metadata", async () => {
    const data = await photoData();
    const directory = await label({}, { data, teacher: { ...rowTeacher(), runtime: "onnxruntime-node 1.0.0 cuda" } });
    const files = await shardFiles(directory);
    expect(files.length).toBe(3);
    const table = tableFromIPC(await readFile(files[1] ?? ""));
    const samples = Array.from(table.getChild("sample") ?? [], Number);
    expect(new Set(samples)).toEqual(new Set([8, 9, 10, 11, 12, 13, 14, 15]));
    expect(Array.from(table.getChild("corners")?.get(0) ?? []).length).toBe(4);
    expect(Array.from(table.getChild("logits")?.get(0) ?? []).length).toBe(2);
    expect(table.schema.metadata.get("kdflow.content")).toBe("detections");
    expect(table.schema.metadata.get("kdflow.runtime")).toBe("onnxruntime-node 1.0.0 cuda");
    expect(JSON.parse(table.schema.metadata.get("kdflow.classes") ?? "")).toEqual(["ship", "tree"]);
    // what a row takes is what is told of it, but for the file's head and foot
    const bytes = (await stat(files[1] ?? "")).size;
    const row = boxBytes({ classes: 2, precision: "float16", topK: undefined });
    expect(bytes - table.numRows * row).toBeLessThan(3000);
  });

  it("spreads what top-k classes leave", async () => {
    const data = await photoData();
    const classNames = ["a", "b", "c", "d", "e"];
    const teacher = rowTeacher({ classNames });
    const [all, some] = [
      await label({ precision: "float32" }, { data, teacher }),
      await label({ precision: "float32", topK: 2 }, { data, teacher }),
    ];
    const read = async (directory: string): Promise<number[]> => {
      const labels = await open(directory);
      const out = new Float32Array(300 * 10);
      await labels.read([4], [0], out);
      await labels.close();
      return Array.from(out.subarray(5, 10));
    };
    const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
    const [full, kept] = [await read(all), await read(some)];
    const order = full.map((_, id) => id).sort((one, other) => (full[other] ?? 0) - (full[one] ?? 0));
    const rest = order.slice(2).reduce((sum, id) => sum + sigmoid(full[id] ?? 0), 0) / 3;
    order.forEach((id, rank) => {
      expect(sigmoid(kept[id] ?? 0)).toBeCloseTo(rank < 2 ? sigmoid(full[id] ?? 0) : rest, 5);
    });
  });

  it("does not ask again after other augmentations, and does for other rows", async () => {
    const data = await photoData();
    const teacher = rowTeacher();
    await label({}, { data, teacher });
    expect(teacher.images).toBe(askedBefore + photos);
    await label({ batchSize: 5 }, { data: await photoData({ augment: [{ use: "flip", probability: 0.5 }] }), teacher });
    expect(teacher.images).toBe(askedBefore + photos);
    await label({ minScore: 0.2 }, { data, teacher });
    expect(teacher.images).toBe(2 * (askedBefore + photos));
  });

  it("goes on after a stop with the shards that are missing", async () => {
    const data = await photoData();
    const stop = new AbortController();
    const cut = rowTeacher({ before: (images) => images >= askedBefore + 9 && stop.abort(new Error("stopped")) });
    await expect(label({}, { data, teacher: cut }, stop.signal)).rejects.toThrow("stopped");
    const teacher = rowTeacher();
    await label({}, { data, teacher });
    expect(teacher.images).toBe(askedBefore + photos - 8);
  });

  it("verifies a sample, finds another teacher, and names a damaged file", async () => {
    const data = await photoData();
    const directory = await label({}, { data, teacher: rowTeacher() });
    const verify = (teacher: ReturnType<typeof rowTeacher>) =>
      detections.verify?.({ directory, digest: "" }, {} as never, { data, teacher }, contextOf(directory));
    expect(await verify(rowTeacher())).toMatchObject({ ok: true, checked: photos });
    expect(await verify(rowTeacher({ rows: 41 }))).toMatchObject({ ok: false });
    const [file = ""] = await shardFiles(directory);
    await truncate(file, 200);
    await expect(open(directory)).rejects.toMatchObject({ code: "KDF_STORE_DAMAGED" });
    expect((await readdir(directory)).sort()).toEqual(["references.json", "soft-labels.json"]);
  });

  it("warns where the teacher hands over too few rows, and where too few are stored", async () => {
    const data = await photoData();
    await label({ top: 3 }, { data, teacher: rowTeacher({ top: 5 }) });
    expect(bench.notes.warnings.map(({ event }) => event)).toEqual(
      expect.arrayContaining(["detectionsCut", "detectionsShort"]),
    );
  });
});

describe("the rows that are stored", () => {
  /** Two large things that hundreds of sure rows tell of, and forty small ones with a row each. */
  function crowdedRows(): DetectionRows {
    const [around, small] = [400, 40];
    const rows = emptyRows(2 * around + small, 2, true);
    for (let row = 0; row < 2 * around; row++) {
      const giant = row % 2;
      const shift = (row / (2 * around)) * 4;
      rows.corners.set([10 + giant * 300 + shift, 10, 300 + giant * 300 + shift, 600], row * 4);
      rows.objectness[row] = logitOf(0.99 - row * 1e-4);
      rows.classes.set([4, -6], row * 2);
    }
    for (let at = 0; at < small; at++) {
      const row = 2 * around + at;
      rows.corners.set([20 + 14 * at, 610, 28 + 14 * at, 618], row * 4);
      rows.objectness[row] = logitOf(0.3);
      rows.classes.set([-6, 3], row * 2);
    }
    return rows;
  }

  it("hold every box of the teacher's suppression, where two giants stand beside forty small things", () => {
    const rows = crowdedRows();
    const wanted = (given: DetectionRows): number[][] => {
      const found = rowCandidates(given, { scoreThreshold: minScore, multiLabel: true });
      return Array.from(suppress(found, { ...nmsDefaults, scoreThreshold: minScore }), (row) => [
        ...found.corners.subarray(row * 4, row * 4 + 4),
        found.classes[row] ?? -1,
      ]);
    };
    const all = wanted(rows);
    expect(all.filter(([, top = 0]) => top > 600).length).toBe(40);
    const chosen = chooseRows(rows, { top: 300, minScore });
    expect(chosen.cut).toBe(0);
    const kept = emptyRows(chosen.rows.length, 2, true);
    chosen.rows.forEach((row, place) => {
      kept.corners.set(rows.corners.subarray(row * 4, row * 4 + 4), place * 4);
      kept.objectness[place] = rows.objectness[row] ?? 0;
      kept.classes.set(rows.classes.subarray(row * 2, row * 2 + 2), place * 2);
    });
    expect(wanted(kept)).toEqual(all);
    // by score alone none of the small things would be there
    const surest = Array.from(rows.objectness.keys()).sort(
      (a, b) => (rows.objectness[b] ?? 0) - (rows.objectness[a] ?? 0),
    );
    expect(surest.slice(0, 300).every((row) => row < 800)).toBe(true);
  });

  it("take at most 0.27 GB for 16 551 photos of 20 classes, 300 rows each", () => {
    const row = boxBytes({ classes: 20, precision: "float16", topK: undefined });
    expect(16_551 * 300 * row).toBeLessThanOrEqual(0.27e9);
    expect(16_551 * 300 * boxBytes({ classes: 80, precision: "float16", topK: 8 })).toBeLessThanOrEqual(0.27e9);
  });
});
