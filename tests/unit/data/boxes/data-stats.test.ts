import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventsIn, kdflow } from "../../cli/command-line.ts";

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-stats-"));
  file = join(folder, "boxes.yaml");
  await writeFile(
    file,
    "kdflow: 1\nname: boxes\nstages:\n  data: { use: voc, root: ./set, train: a, test: b, workers: 1 }\n",
  );
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(join(folder, "set", path, ".."), { recursive: true });
    await writeFile(join(folder, "set", path), text);
  };
  const box = (name: string, right: number, more = ""): string =>
    `<object><name>${name}</name>${more}<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>${right}</xmax><ymax>20</ymax></bndbox></object>`;
  const labels: Readonly<Record<string, string>> = {
    one: box("cat", 20) + box("dog", 80) + box("cat", 20),
    two: "",
    three: box("dog", 200, "<difficult>1</difficult>"),
  };
  for (const [name, objects] of Object.entries(labels)) {
    await write(`Annotations/${name}.xml`, `<annotation>${objects}</annotation>`);
    const photo = sharp({ create: { width: 100, height: 60, channels: 3, background: "#204060" } });
    await mkdir(join(folder, "set/JPEGImages"), { recursive: true });
    await photo.png().toFile(join(folder, `set/JPEGImages/${name}.png`));
  }
  await write("ImageSets/Main/a.txt", "one\ntwo\n");
  await write("ImageSets/Main/b.txt", "three\n");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("counts photos, boxes and their sizes, and tells what was clipped and left out", async () => {
  const { code, stdout, stderr } = await kdflow("data", "stats", file, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [stats] = eventsIn(stdout);
  expect(stats).toMatchObject({
    stage: "data",
    splits: {
      train: { photos: 2, background: 1, boxes: 2 },
      validation: { photos: 0, background: 0, boxes: 0 },
      test: { photos: 1, background: 0, boxes: 1 },
    },
    classes: { cat: { train: 1, validation: 0, test: 0 }, dog: { train: 1, validation: 0, test: 1 } },
    crowds: 0,
    difficult: 1,
    photoSides: { least: 60, median: 100, most: 100 },
    // 20 × 20, 80 × 20 and 100 × 20 pixels
    boxSides: { least: 20, median: 40, most: Math.sqrt(2000) },
    areas: { small: 1, medium: 2, large: 0 },
    told: ["boxes that are not as they should be: 1 clipped at the border, 1 given twice"],
  });
});

it("writes a table for people", async () => {
  const { stdout } = await kdflow("data", "stats", file);
  expect(stdout).toMatch(/^data:\n +train {2}validation {2}test\nphotos +2 +0 +1\n/);
  expect(stdout).toContain("1 small, 2 medium, 0 large by COCO's ranges");
});

it("refuses a pipeline without photos with boxes", async () => {
  const other = join(folder, "other.yaml");
  await writeFile(other, "kdflow: 1\nname: other\nstages:\n  data: { use: images, root: ./set }\n");
  const { code, stderr } = await kdflow("data", "stats", other);
  expect(code).toBe(2);
  expect(stderr).toContain("KDF_CLI_USAGE: the pipeline has no data of photos with boxes to count");
});
