/** Boxes that were made elsewhere come into the store as those of a teacher that is asked here. */
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openParts } from "../../../core/store/parts.ts";
import { openStore } from "../../../core/store/store.ts";
import { readBoxArtifact } from "../../../plugins/data/boxes/box-artifact.ts";
import { openDetections } from "../../../plugins/soft-labels/boxes/box-store.ts";
import { sigmoid } from "../../../plugins/tasks/detection/decoders/detection-rows.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { openPipeline, runPipeline } from "../../support/pipeline-run.ts";

const photos = 8;
/** Categories whose ids have gaps, and are no places. */
const categories = [
  { id: 3, name: "tree" },
  { id: 7, name: "vessel" },
  { id: 9, name: "cat" },
];

let folder: string;
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-imported-"));
  await writeBoxPhotos(join(folder, "set"), photos);
  await writeFile(join(folder, "instances.json"), JSON.stringify({ images, annotations: [], categories }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sizeOf = (photo: number): readonly [number, number] => (photo % 2 === 0 ? [48, 32] : [32, 48]);
const nameOf = (photo: number): string => `${String(photo).padStart(3, "0")}.png`;
const images = Array.from({ length: photos }, (_, photo) => {
  const [width, height] = sizeOf(photo);
  // ids in another order than names
  return { id: 100 - photo, file_name: `set/images/${nameOf(photo)}`, width, height };
});

interface Row {
  readonly image_id: number | string;
  readonly category_id: number;
  readonly bbox: readonly number[];
  readonly score: number;
}

/** Boxes of the truth as a detector finds them: the thing of every photo, and of every third a second one. */
function found(photo: number, idOf = (at: number): number | string => 100 - at): Row[] {
  const [width, height] = sizeOf(photo);
  const box = (x: number, y: number, w: number, h: number) => [
    (x - w / 2) * width,
    (y - h / 2) * height,
    w * width,
    h * height,
  ];
  const ship = { image_id: idOf(photo), category_id: 7, bbox: box(0.3, 0.4, 0.4, 0.5), score: 0.8 };
  const tree = { image_id: idOf(photo), category_id: 3, bbox: box(0.7, 0.6, 0.3, 0.5), score: 0.6 };
  return photo % 3 === 0 ? [ship, tree] : [ship];
}

const all = (idOf?: (at: number) => number | string): Row[] =>
  Array.from({ length: photos }, (_, photo) => found(photo, idOf)).flat();

const renamed = "images: instances.json, rename: { vessel: ship }";

function stages(options: string, data = "validation: 0"): string {
  return `  data: { use: yolo, root: set, imageSize: 64, ${data} }\n  softLabels: { use: import-detections, file: found.json, ${options} }\n`;
}

/** Imports rows; gives what is stored of each photo by its name, as class, score and corners in pixels. */
async function imported(rows: readonly Row[] | string, options = renamed, data?: string) {
  await writeFile(join(folder, "found.json"), typeof rows === "string" ? rows : JSON.stringify(rows, undefined, 1));
  const storeDir = join(folder, `.kdflow-${++runs}`);
  const { made, notes, outcome } = await runPipeline(folder, stages(options, data), { storeDir });
  if (outcome.error !== undefined) throw outcome.error;
  const store = await openStore(storeDir);
  const labels = await openDetections(made["softLabels"] ?? "", openParts(store, { provider: "import-detections" }));
  const { records } = await readBoxArtifact(made["data"] ?? "");
  const train = records.filter(({ split }) => split === "train");
  const [output] = Object.values(labels.outputs);
  const [top = 0, width = 0] = output?.shape ?? [];
  const boxes: { readonly wide: boolean; readonly found: readonly (readonly number[])[] }[] = [];
  for (const [sample, photo] of train.entries()) {
    const out = new Float32Array(top * width);
    await labels.read([sample], [0], out);
    const own = Array.from({ length: top }, (_, row) => [...out.subarray(row * width, (row + 1) * width)]);
    boxes.push({
      wide: photo.width > photo.height,
      found: own
        .filter(([left = 0, , right = 0]) => right > left)
        .map(([left = 0, upper = 0, right = 0, lower = 0, , ...logits]) => [
          ...logits.map(sigmoid),
          left * photo.width,
          upper * photo.height,
          right * photo.width,
          lower * photo.height,
        ]),
    });
  }
  await labels.close();
  await store.close();
  return { labels, boxes, notes, output };
}

describe("boxes that were made elsewhere", () => {
  it("are stored for their photos, under the data's names of classes", async () => {
    const { labels, boxes, notes, output } = await imported(all());
    expect(labels).toMatchObject({ content: "detections", classNames: ["tree", "ship", "cat"], sampleCount: photos });
    expect(output?.objectness).toBe(false);
    expect(boxes.flatMap((photo) => photo.found).length).toBe(8 + 3);
    for (const { wide, found: own } of boxes) {
      const [width, height] = wide ? [48, 32] : [32, 48];
      const [tree = 1, ship = 0, cat = 1, ...corners] = own[0] ?? [];
      expect(ship).toBeCloseTo(0.8, 3);
      expect(tree + cat).toBeLessThan(1e-6);
      const expected = [0.1 * width, 0.15 * height, 0.5 * width, 0.65 * height];
      for (const [side, edge] of expected.entries()) expect(corners[side]).toBeCloseTo(edge, 2);
    }
    const told = notes.join("\n");
    expect(told).toContain('"found.json" has 11 boxes of 8 of 8 training photos');
    expect(told).toContain(
      "find 100.0 % of 11 labelled things on photos that have some, and 100.0 % under their class",
    );
  });

  it("are found by the names of photos where nothing else names them", async () => {
    await writeFile(join(folder, "names.txt"), "tree\nship\n");
    const options = "classes: names.txt";
    const place = (rows: Row[]): Row[] => rows.map((row) => ({ ...row, category_id: row.category_id === 7 ? 1 : 0 }));
    const byImage = await imported(all());
    const same = byImage.boxes.map(({ found: own }) =>
      own.map(([tree, ship, , ...corners]) => [tree, ship, ...corners]),
    );
    for (const idOf of [
      (at: number) => at,
      (at: number) => nameOf(at),
      (at: number) => nameOf(at).replace(".png", ""),
      (at: number) => `elsewhere\\images\\${nameOf(at)}`,
    ]) {
      expect((await imported(place(all(idOf)), options)).boxes.map(({ found: own }) => own)).toEqual(same);
    }
    const fromOne = place(all((at) => at)).map((row) => ({ ...row, category_id: row.category_id + 1 }));
    const counted = await imported(fromOne, `${options}, firstCategory: 1`);
    expect(counted.boxes.map(({ found: own }) => own)).toEqual(same);
  });

  it("have all classes that the file gives the same box, and several categories may be one class", async () => {
    const rows = all().flatMap((row) => [row, { ...row, category_id: 9, score: 0.3 }]);
    const apart = await imported(rows);
    expect(apart.boxes[0]?.found[0]?.slice(1, 3)).toEqual([expect.closeTo(0.8, 3), expect.closeTo(0.3, 3)]);
    const { boxes, labels } = await imported(rows, "images: instances.json, rename: { vessel: ship, cat: ship }");
    expect(labels.classNames).toEqual(["tree", "ship"]);
    expect(boxes[0]?.found[0]?.[1]).toBeCloseTo(0.8, 3);
  });

  it("are told where they are of no photo or class, and of which photos there are none", async () => {
    const rows = [
      ...found(0),
      ...found(1),
      { ...(found(1)[0] as Row), category_id: 55 },
      { ...(found(2)[0] as Row), image_id: 4 },
      { ...(found(2)[0] as Row), image_id: 5 },
      { ...(found(0)[0] as Row), bbox: [60, 2, 10, 10] },
    ];
    const { notes } = await imported(rows);
    const told = notes.join("\n");
    expect(told).toContain("of 6 of 8 training photos there is no box");
    expect(told).toContain(
      "2 detections are of 2 photos that the data does not have, such as image 4, and are left out",
    );
    expect(told).toContain("1 detections have categories without a name (55) and are left out");
    expect(told).toContain("1 boxes have no area on their photo and are left out");
  });

  it("of validation photos teach nothing", async () => {
    const { notes, boxes } = await imported(all(), renamed, "validation: 0.4");
    expect(boxes.length).toBeLessThan(photos);
    expect(notes.join("\n")).toMatch(/\d detections are of validation and test photos, which nothing is trained on/);
  });

  it.each<readonly [string, () => Row[] | string, string, string, string]>([
    ["image_id of no photo", () => all((at) => 500 + at), renamed, "KDF_INPUT_IMAGE_IDS", "no detection of"],
    [
      "category_id without a name",
      () => all().map((row) => ({ ...row, category_id: 1 })),
      renamed,
      "KDF_INPUT_CLASSES",
      "a category with a name",
    ],
    [
      "score beyond 1",
      () => all().map((row) => ({ ...row, score: 80 })),
      renamed,
      "KDF_INPUT_FORMAT",
      "no probability",
    ],
    [
      "bbox of three numbers",
      () => all().map((row) => ({ ...row, bbox: [1, 2, 3] })),
      renamed,
      "KDF_INPUT_FORMAT",
      "bbox",
    ],
    ["text that is no JSON", () => "[{", renamed, "KDF_INPUT_FORMAT", "not valid JSON"],
    ["an object", () => '{ "images": [] }', renamed, "KDF_INPUT_FORMAT", "not a list"],
  ])("are refused with the line: %s", async (_what, rows, options, code, message) => {
    const refused = imported(rows(), options);
    await expect(refused).rejects.toMatchObject({ code });
    await expect(refused).rejects.toThrow(message);
    if (code !== "KDF_INPUT_FORMAT" || message !== "not a list")
      await expect(refused).rejects.toMatchObject({
        where: { file: join(folder, "found.json"), line: expect.any(Number) },
      });
  });

  it("are refused where classes are off by one", async () => {
    const shifted = all().map((row) => ({ ...row, category_id: row.category_id === 7 ? 9 : 7 }));
    await expect(imported(shifted)).rejects.toMatchObject({ code: "KDF_TEACHER_CHANCE" });
  });

  it("are refused where photos have other sizes than `images` says", async () => {
    const turned = images.map((image) => ({ ...image, width: image.height, height: image.width }));
    await writeFile(join(folder, "turned.json"), JSON.stringify({ images: turned, annotations: [], categories }));
    await expect(imported(all(), "images: turned.json, rename: { vessel: ship }")).rejects.toMatchObject({
      code: "KDF_INPUT_FORMAT",
      message: expect.stringContaining("pixels in `images`, and the photo"),
    });
  });

  it("are refused where folders do not tell photos of one name apart", async () => {
    await writeBoxPhotos(join(folder, "twice", "images"), 2);
    await rename(join(folder, "twice", "images", "images"), join(folder, "twice", "images", "a"));
    await rename(join(folder, "twice", "images", "labels"), join(folder, "twice", "images", "b"));
    await writeBoxPhotos(join(folder, "twice"), 1, { width: 20, height: 30 });
    await rename(join(folder, "twice", "images", "000.png"), join(folder, "twice", "images", "b", "000.png"));
    await writeFile(join(folder, "twice", "data.yaml"), "train: images\nnames: [ship, tree]\n");
    await writeFile(join(folder, "names.txt"), "ship\ntree\n");
    const row = { image_id: "000", category_id: 0, bbox: [4, 4, 10, 10], score: 0.9 };
    await writeFile(join(folder, "found.json"), JSON.stringify([row]));
    const run = (image: string) =>
      writeFile(join(folder, "found.json"), JSON.stringify([{ ...row, image_id: image }])).then(() =>
        runPipeline(
          folder,
          `  data: { use: yolo, root: twice, imageSize: 64, validation: 0 }\n  softLabels: { use: import-detections, file: found.json, classes: names.txt }\n`,
        ),
      );
    expect((await run("000")).outcome.error).toMatchObject({ code: "KDF_INPUT_IMAGE_IDS" });
    const { notes } = await run("b/000.png");
    expect(notes.join("\n")).toContain('"found.json" has 1 boxes of 1 of 3 training photos');
  });

  it("say while planning what nothing names", async () => {
    await writeFile(join(folder, "found.json"), "[]");
    const plan = async (options: string) => (await openPipeline(folder, stages(options))).session.plan();
    await expect(plan("top: 5")).rejects.toMatchObject({ code: "KDF_INPUT_CLASSES" });
    await expect(plan("images: instances.json, rename: { boat: ship }")).rejects.toMatchObject({
      code: "KDF_PLAN_OPTIONS",
    });
    expect((await plan(renamed)).notes.join("\n")).toMatch(
      /detections: \d+\.\d kB a photo at most, 300 rows of 3 classes/,
    );
  });
});
