import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseCocoInstances } from "../../../../plugins/data/boxes/coco-instances.ts";
import { parseCocoResults } from "../../../../plugins/data/boxes/coco-results.ts";
import { cocoBoxes } from "../../../../plugins/data/boxes/labelled-boxes.ts";
import { packBoxes } from "../../../../plugins/tasks/detection/boxes.ts";
import { withBoxAreas } from "../../../../plugins/tasks/detection/coco-rules.ts";
import { cocoMetricNames, scoreCoco } from "../../../../plugins/tasks/detection/coco-scores.ts";
import { packDetections } from "../../../../plugins/tasks/detection/detections.ts";
import { type FileScores, scoreFiles } from "../../../../plugins/tasks/detection/score-files.ts";
import { sharedFile } from "./shared-data.ts";

const fixture = (name: string): string => new URL(`../../../fixtures/coco-eval/${name}.json`, import.meta.url).pathname;

interface Expected {
  readonly stats: Record<string, number>;
  readonly perCategoryAP: Record<string, number>;
}

function numberOf(scores: FileScores, name: string): number {
  return (scores as unknown as Record<string, number>)[name] ?? Number.NaN;
}

function expectScores(found: FileScores, { stats, perCategoryAP }: Expected): void {
  expect(Object.keys(stats)).toEqual([...cocoMetricNames]);
  for (const [name, value] of Object.entries(stats)) {
    expect(Math.abs(numberOf(found, name) - value), name).toBeLessThan(1e-9);
  }
  expect(Object.keys(found.perCategoryAP)).toEqual(Object.keys(perCategoryAP));
  for (const [id, value] of Object.entries(perCategoryAP)) {
    expect(Math.abs((found.perCategoryAP[id] ?? Number.NaN) - value), id).toBeLessThan(1e-9);
  }
}

/** Two images of 640 × 480, categories 1 and 3. Numbers of pycocotools 2.0.11. */
const toy = (firstId: number) => ({
  images: [1, 2].map((id) => ({ id, width: 640, height: 480, file_name: `${id}.jpg` })),
  categories: [1, 3].map((id) => ({ id, name: `class ${id}` })),
  annotations: [
    { id: firstId, image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 },
    { id: firstId + 1, image_id: 1, category_id: 1, bbox: [100, 100, 50, 80], area: 4000 },
    { id: firstId + 2, image_id: 1, category_id: 1, bbox: [300, 200, 200, 200], area: 40000, iscrowd: 1 },
    { id: firstId + 3, image_id: 2, category_id: 1, bbox: [50, 50, 120, 120], area: 14400, iscrowd: 0 },
    { id: firstId + 4, image_id: 2, category_id: 3, bbox: [200, 100, 100, 100], area: 9216, iscrowd: 0 },
  ],
});

const toyDetections = [
  [1, 1, [11, 11, 20, 20], 0.9],
  [1, 1, [100, 105, 50, 80], 0.8],
  [1, 1, [310, 210, 50, 50], 0.85],
  [1, 1, [320, 250, 60, 60], 0.7],
  [1, 1, [500, 10, 30, 30], 0.6],
  [2, 1, [50, 50, 110, 130], 0.75],
  [2, 1, [52, 52, 120, 120], 0.75],
  [2, 3, [205, 100, 100, 100], 0.5],
  [2, 3, [400, 300, 20, 20], 0.4],
  [1, 3, [0, 0, 10, 10], 0.3],
].map(([image_id, category_id, bbox, score]) => ({ image_id, category_id, bbox, score }));

describe("scoreFiles", () => {
  it("equals pycocotools on boxes that a detector could have found", async () => {
    const { scores, warnings } = await scoreFiles(fixture("ground-truth"), fixture("detections"));
    expectScores(scores, JSON.parse(readFileSync(fixture("expected"), "utf8")));
    expect(warnings).toEqual([]);
  });

  it("equals pycocotools with crowds, equal scores, shuffled detections and a category without boxes", async () => {
    const { scores } = await scoreFiles(fixture("crowds-ground-truth"), fixture("crowds-detections"));
    expectScores(scores, JSON.parse(readFileSync(fixture("crowds-expected"), "utf8")));
  });

  it.each(["", "crowds-"])("equals pycocotools by boxes as datasets hold them: %sground-truth", (name) => {
    const read = (file: string): string => readFileSync(fixture(`${name}${file}`), "utf8");
    const instances = parseCocoInstances("truth", read("ground-truth"));
    const results = parseCocoResults("found", read("detections"), instances);
    const corners = results.bounds.map((side, at) => (at % 4 < 2 ? side : side + (results.bounds[at - 2] ?? 0)));
    const { metrics, perClassAP } = scoreCoco(
      withBoxAreas(packBoxes(cocoBoxes(instances))),
      withBoxAreas({ ...results, corners }),
      instances.categories.length,
    );
    const perCategoryAP = Object.fromEntries(instances.categories.map(({ id }, at) => [id, perClassAP[at] ?? -1]));
    expectScores({ ...metrics, perCategoryAP }, JSON.parse(read("expected")));
  });

  const expected = sharedFile("expected/yolox-nano.json");
  describe.each([
    ["coco128-val", "photos/coco128-val/annotations/instances_val.json"],
    ["fruit-test", "photos/fruit/annotations/instances_test.json"],
  ])("on %s", (name, truth) => {
    it.skipIf(expected.missing !== "")(
      `equals pycocotools on YOLOX-nano's detections ${expected.missing}`,
      async () => {
        const { scores } = await scoreFiles(
          sharedFile(truth).path,
          sharedFile(`expected/yolox-nano-on-${name}.json`).path,
        );
        const file = JSON.parse(readFileSync(expected.path, "utf8")) as {
          scores: Record<string, Record<string, number>>;
        };
        for (const [metric, value] of Object.entries(file.scores[name] ?? {})) {
          expect(Math.abs(numberOf(scores, metric) - value), metric).toBeLessThan(1e-9);
        }
      },
    );
  });
});

describe("scoreFiles on small files", () => {
  it.each([1, 0])("gives pycocotools' numbers with annotation ids from %d on", async (firstId) => {
    const { scores } = await scoreTexts(toy(firstId), toyDetections);
    const stats = [0.82632, 1, 1, 0.7, 0.85, 0.875, 0.7, 0.85, 0.85, 0.7, 0.85, 0.9];
    cocoMetricNames.forEach((name, at) => {
      expect(numberOf(scores, name), name).toBeCloseTo(stats[at] ?? Number.NaN, 5);
    });
  });

  it("gives 0 for no detections, −1 where there are no boxes", async () => {
    const { scores } = await scoreTexts(toy(1), []);
    expect(scores).toMatchObject({ AP: 0, APsmall: 0, APlarge: 0, AR100: 0, perCategoryAP: { 1: 0, 3: 0 } });
    const { scores: none } = await scoreTexts({ ...toy(1), annotations: [] }, toyDetections);
    expect(none).toMatchObject({ AP: -1, AP50: -1, APsmall: -1, AR1: -1, perCategoryAP: { 1: -1, 3: -1 } });
  });

  it("leaves a category without boxes out of the means", async () => {
    const truth = toy(1);
    const { scores } = await scoreTexts(
      { ...truth, annotations: truth.annotations.filter(({ category_id: id }) => id === 1) },
      toyDetections,
    );
    expect(scores.perCategoryAP["3"]).toBe(-1);
    expect(scores.AP).toBe(scores.perCategoryAP["1"]);
  });

  it("says how many detections have a category that the ground truth lacks", async () => {
    const stray = { image_id: 1, category_id: 7, bbox: [0, 0, 10, 10], score: 1 };
    const { warnings, scores } = await scoreTexts(toy(1), [...toyDetections, stray]);
    expect(warnings).toEqual(["1 detections of category 7 are left out: the ground truth does not list it"]);
    expect(scores.AP).toBe((await scoreTexts(toy(1), toyDetections)).scores.AP);
  });

  it("refuses detections of unknown images, at their line", async () => {
    const stray = { image_id: 3, category_id: 1, bbox: [0, 0, 10, 10], score: 1 };
    await expect(scoreTexts(toy(1), [...toyDetections, stray])).rejects.toMatchObject({
      code: "KDF_INPUT_IMAGE_IDS",
      where: { line: 12 },
    });
  });

  it.each([
    ["bbox", { bbox: [0, 0, 10] }],
    ["score", { score: null }],
    ["image_id", { image_id: "1" }],
  ])("refuses a detection with a wrong %s", async (key, change) => {
    const wrong = { image_id: 1, category_id: 1, bbox: [0, 0, 10, 10], score: 1, ...change };
    await expect(scoreTexts(toy(1), [wrong])).rejects.toMatchObject({
      code: "KDF_INPUT_FORMAT",
      message: expect.stringContaining(`\`${key}\` of detection 0`),
      where: { line: 2 },
    });
  });

  it("counts VOC's AP at IoU 0.5", async () => {
    // class 1, 3 boxes beside the crowd, by score: true, false (in the crowd, but of low IoU), true, true, false …
    const first = (1 + 3 / 4 + 3 / 4) / 3;
    const { scores } = await scoreTexts(toy(1), toyDetections, "voc");
    expect(scores.perCategoryAP["1"]).toBeCloseTo(first, 12);
    expect(scores.perCategoryAP["3"]).toBe(1);
    expect(scores.AP50).toBeCloseTo((first + 1) / 2, 12);
    expect(scores.AP).toBe(scores.AP50);
  });
});

async function scoreTexts(
  truth: unknown,
  detections: readonly unknown[],
  protocol: "coco" | "voc" = "coco",
): Promise<{ scores: FileScores; warnings: readonly string[] }> {
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const folder = await mkdtemp(join(tmpdir(), "kdflow-scores-"));
  try {
    const files = [join(folder, "truth.json"), join(folder, "found.json")] as const;
    await writeFile(files[0], JSON.stringify(truth));
    await writeFile(files[1], `[\n${detections.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
    return await scoreFiles(files[0], files[1], protocol);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("scoreCoco", () => {
  const truth = withBoxAreas(packBoxes([[{ corners: [0, 0, 10, 10], class: 0 }], []]));
  const found = (...images: { score: number; shift: number }[][]) =>
    withBoxAreas(
      packDetections(
        images.map((image) =>
          image.map(({ score, shift }) => ({ corners: [shift, 0, 10 + shift, 10] as const, class: 0, score })),
        ),
      ),
    );

  it("names the threshold of highest F1, with its precision and recall", () => {
    const { bestF1 } = scoreCoco(
      truth,
      found(
        [
          { score: 0.4, shift: 0 },
          { score: 0.3, shift: 5 },
        ],
        [{ score: 0.9, shift: 0 }],
      ),
      1,
    );
    expect(bestF1).toEqual([{ precision: 1 / 2, recall: 1, f1: 2 / 3, threshold: 0.4 }]);
  });

  it("takes detections of equal score all or none for F1", () => {
    const { bestF1 } = scoreCoco(truth, found([{ score: 0.5, shift: 0 }], [{ score: 0.5, shift: 0 }]), 1);
    expect(bestF1[0]).toEqual({ precision: 1 / 2, recall: 1, f1: 2 / 3, threshold: 0.5 });
  });

  it("counts a false detection in an image without boxes", () => {
    const { metrics } = scoreCoco(truth, found([{ score: 0.5, shift: 0 }], [{ score: 0.9, shift: 0 }]), 1);
    expect(metrics.AP).toBeCloseTo(0.5, 12);
  });

  it("counts 100 detections of an image and class, and 1 and 10 for recall", () => {
    const misses = Array.from({ length: 100 }, (_, at) => ({ score: 1 - at / 1000, shift: 100 }));
    expect(scoreCoco(truth, found([...misses, { score: 0.1, shift: 0 }], []), 1).metrics.AR100).toBe(0);
    const { metrics } = scoreCoco(truth, found([...misses.slice(0, 5), { score: 0.1, shift: 0 }], []), 1);
    expect(metrics).toMatchObject({ AR1: 0, AR10: 1, AR100: 1 });
  });
});
