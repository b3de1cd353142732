/** Stored boxes become label files, which the providers of data read back as the same boxes. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBoxArtifact } from "../../../plugins/data/boxes/box-artifact.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { onnxBytes } from "../../support/onnx-model.ts";
import { writePhoto } from "../../support/photos.ts";
import { runPipeline } from "../../support/pipeline-run.ts";
import { eventsIn, kdflow } from "../cli/command-line.ts";

const side = 64;
const photos = 12;
/** Shares of the photo's sides, score, class of the teacher. */
const found: readonly (readonly number[])[] = [
  [0.1, 0.15, 0.5, 0.65, 0.9, 0],
  // the same thing under another class
  [0.1, 0.15, 0.52, 0.66, 0.6, 1],
  [0.6, 0.3, 0.9, 0.9, 0.7, 1],
  [0.62, 0.05, 0.9, 0.2, 0.3, 0],
  // none of the data's classes
  [0, 0.7, 0.3, 0.95, 0.8, 2],
  [0.3, 0.8, 0.55, 0.95, 0.05, 1],
];
/** What is left of them above 0.1, by falling score. */
const kept = [0, 2, 3].map((place) => found[place] ?? []);

let folder: string;
let store: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-labels-"));
  store = join(folder, ".kdflow");
  await writeBoxPhotos(join(folder, "set"), photos, { width: 640, height: 400 });
  await writePhoto(join(folder, "set", "more", "near shore", "200.png"), {
    width: 300,
    height: 200,
    colour: "#123456",
  });
  await writePhoto(join(folder, "set", "more", "201.png"), { width: 200, height: 300, colour: "#654321" });
  const values = new Float32Array(300 * 6);
  values.set(found.flatMap(([...row]) => [...row.slice(0, 4).map((share) => share * side), ...row.slice(4)]));
  const graph = {
    inputs: [{ name: "images", shape: [1, 3, side, side] }],
    outputs: [{ name: "output0", shape: [1, 300, 6] }],
    nodes: [{ op: "Identity", inputs: ["table"], outputs: ["output0"] }],
    weights: [{ name: "table", shape: [1, 300, 6], values }],
    metadata: { names: "{0: 'Boat', 1: 'tree', 2: 'cat'}", stride: "32" },
  };
  await writeFile(join(folder, "teacher.onnx"), onnxBytes(graph));
  data = await label("unlabelled: more/one.txt, imageSize: 32");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Labels the photos; gives the folder of the data's result. */
async function label(options: string): Promise<string> {
  await writeFile(join(folder, "set", "more", "one.txt"), "201.png\n");
  const { outcome, made } = await runPipeline(
    folder,
    `  data: { use: yolo, root: set, validation: 0.3, ${options} }
  teacher: { use: onnx, model: teacher.onnx, fit: stretch, classMap: { Boat: ship } }
  softLabels: { use: detections, minScore: 0.01 }
`,
  );
  if (outcome.error !== undefined) throw outcome.error;
  return made["data"] ?? "";
}

const exported = (...words: string[]) => kdflow("labels", "export", "latest", "--store", store, ...words);

interface Told {
  readonly folder: string;
  readonly photos: number;
  readonly boxes: number;
  readonly photosWithoutBoxes: number;
  readonly data: Readonly<Record<string, unknown>>;
}

async function told(...words: string[]): Promise<Told> {
  const { code, stdout, stderr } = await exported("--json", ...words);
  if (code !== 0) throw new Error(stderr + stdout);
  return eventsIn(stdout).at(-1) as unknown as Told;
}

/** Reads label files with the provider of data, as a pipeline does. */
async function readBack(options: Told["data"]) {
  const stage = JSON.stringify({ ...options, imageSize: 32, validation: 0, test: 0 });
  const { outcome, made } = await runPipeline(folder, `  data: ${stage}\n`, { storeDir: join(folder, "read-back") });
  if (outcome.error !== undefined) throw outcome.error;
  return readBoxArtifact(made["data"] ?? "");
}

describe("kdflow labels export", () => {
  it.each([
    ["coco", 0.02],
    ["yolo", 0.006],
    ["voc", 0.51],
  ])("writes %s files that its provider reads back as the same boxes", async (format, tolerance) => {
    const to = join(folder, `out-${format}`);
    const event = await told("--format", format, "--to", to);
    const labelled = (await readBoxArtifact(data)).records.filter(({ split }) => split === "train");
    expect(labelled.length).toBeGreaterThan(5);
    expect(event).toMatchObject({ folder: to, photos: labelled.length, boxes: 3 * labelled.length });
    const { file, records } = await readBack(event.data);
    expect(file.classNames).toEqual(["ship", "tree"]);
    expect(records.map(({ content }) => content).sort()).toEqual(labelled.map(({ content }) => content).sort());
    for (const { boxes, width, height } of records) {
      expect(boxes.map((box) => box.class)).toEqual([0, 1, 0]);
      for (const [at, { corners }] of boxes.entries()) {
        for (const [edge, value] of corners.entries()) {
          const wanted = (kept[at]?.[edge] ?? Number.NaN) * (edge % 2 === 0 ? width : height);
          expect(Math.abs(value - wanted)).toBeLessThan(tolerance);
        }
      }
    }
  });

  it("keeps scores in COCO's form, and names photos from the folder that holds all of them", async () => {
    const { folder: to } = await told("--format", "coco", "--to", join(folder, "scores"), "--min-score", "0.5");
    const { images, annotations } = JSON.parse(await readFile(join(to, "instances_train.json"), "utf8"));
    const names = images.map((image: { file_name: string }) => image.file_name);
    expect(names).toContain("more/201.png");
    expect(names.every((name: string) => /^(images\/\d{3}|more\/201)\.png$/.test(name))).toBe(true);
    const scores = annotations.map(({ score }: { score: number }) => score);
    expect(scores).toHaveLength(2 * images.length);
    expect(scores[0]).toBeCloseTo(0.9, 3);
    expect(scores[1]).toBeCloseTo(0.7, 3);
  });

  it("needs neither the teacher's file nor labels as they were", async () => {
    const labels = join(folder, "set", "labels", "000.txt");
    const before = await readFile(labels, "utf8");
    await cp(join(folder, "teacher.onnx"), join(folder, "kept.onnx"));
    try {
      await writeFile(labels, "1 0.5 0.5 0.2 0.2\n");
      await rm(join(folder, "teacher.onnx"));
      expect((await told("--format", "coco", "--to", join(folder, "later"))).boxes).toBeGreaterThan(0);
    } finally {
      await writeFile(labels, before);
      await cp(join(folder, "kept.onnx"), join(folder, "teacher.onnx"));
    }
  });

  it("never writes over what is there", async () => {
    const to = join(folder, "twice");
    await told("--format", "yolo", "--to", to);
    await writeFile(join(to, "labels", "corrected.txt"), "0 0.5 0.5 0.1 0.1\n");
    const { code, stderr } = await exported("--format", "yolo", "--to", to);
    expect([code, stderr]).toEqual([1, expect.stringContaining("KDF_EXPORT_PLACE")]);
    expect(stderr).toContain("is not empty, and nothing was written");
    expect(await readdir(join(to, "labels"))).toContain("corrected.txt");
  });

  it.each([
    [["--format", "csv"], "KDF_CLI_USAGE", '--format is "csv"'],
    [[], "KDF_CLI_USAGE", "--format is missing"],
    [["--format", "coco", "--min-score", "1"], "KDF_CLI_USAGE", '--min-score is "1"'],
    [["--format", "coco", "--stage", "labels"], "KDF_PLAN_UNKNOWN_STAGE", 'no stage "labels"'],
  ])("refuses %j with %s", async (words, code, message) => {
    const { code: exit, stderr } = await exported(...words);
    expect(exit).toBe(2);
    expect(stderr).toContain(code);
    expect(stderr).toContain(message);
  });

  it("refuses photos that a format cannot tell apart, and says so of changed photos", async () => {
    await writePhoto(join(folder, "set", "more", "201.jpg"), { width: 200, height: 300, colour: "#777777" });
    await label("unlabelled: more, imageSize: 32");
    const yolo = await exported("--format", "yolo", "--to", join(folder, "clash"));
    expect(yolo.stderr).toContain("KDF_EXPORT_PLACE");
    expect(yolo.stderr).toContain('of several photos labels would be "201.txt"');
    const voc = await exported("--format", "voc", "--to", join(folder, "clash"));
    expect(voc.stderr).toContain("lists of VOC end a name at its first space");
    const { data: options, photos: count } = await told("--format", "coco", "--to", join(folder, "clash"));
    expect((await readBack(options)).records).toHaveLength(count);
    await rm(join(folder, "set", "more", "201.jpg"));
    const changed = await exported("--format", "coco", "--to", join(folder, "changed"));
    expect(changed.stderr).toContain("KDF_INPUT_CHANGED");
    expect(await readdir(folder)).not.toContain("changed");
  });

  it("says so where a run stores no boxes, or its boxes were deleted", async () => {
    const { made } = await runPipeline(folder, "  data: { use: yolo, root: set, imageSize: 48 }\n");
    expect(made["data"]).toBeDefined();
    const none = await exported("--format", "coco", "--to", join(folder, "none"));
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("KDF_EXPORT_NOTHING")]);
    expect(none.stderr).toContain("stores no boxes of a detector");
    await rm(await label("unlabelled: more/one.txt, imageSize: 64"), { recursive: true });
    const gone = await exported("--format", "coco", "--to", join(folder, "none"));
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining("KDF_EXPORT_NOTHING")]);
    expect(gone.stderr).toContain("or no longer the data that they are of");
    expect(await readdir(folder)).not.toContain("none");
  });
});
