import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface DetectionCounts {
  readonly images: number;
  /** Of each image, over all categories. */
  readonly detections: number;
  readonly categories: number;
}

/** Boxes of each image. */
const boxesPerImage = 7;

type Bounds = readonly [left: number, top: number, width: number, height: number];

/**
 * Writes ground truth and detections of which two in five lie near a box.
 *
 * @returns both files
 */
export async function writeDetections(
  folder: string,
  { images, detections, categories }: DetectionCounts,
): Promise<readonly [truth: string, found: string]> {
  const next = randomNumbers(20_261_130);
  const between = (low: number, high: number): number => low + (high - low) * next();
  const round = (value: number): number => Math.round(value * 100) / 100;
  const randomBounds = (): Bounds => [
    between(0, 400),
    between(0, 300),
    Math.exp(between(2, 5.7)),
    Math.exp(between(2, 5.7)),
  ];
  const truth = [];
  const lines: string[] = [];
  for (let image = 1; image <= images; image++) {
    const own = Array.from({ length: boxesPerImage }, () => ({
      bounds: randomBounds(),
      category: 1 + Math.floor(next() * categories),
    }));
    for (const { bounds, category } of own) {
      const bbox = bounds.map(round);
      const area = round(0.7 * bounds[2] * bounds[3]);
      truth.push({
        id: truth.length + 1,
        image_id: image,
        category_id: category,
        bbox,
        area,
        iscrowd: next() < 0.02 ? 1 : 0,
      });
    }
    for (let at = 0; at < detections; at++) {
      const near = next() < 0.4 ? own[Math.floor(next() * own.length)] : undefined;
      const bounds = near?.bounds ?? randomBounds();
      const bbox = bounds.map((side, which) =>
        round(side + (near ? between(-0.1, 0.1) * (bounds[2 + (which % 2)] ?? 0) : 0)),
      );
      const category = near?.category ?? 1 + Math.floor(next() * categories);
      lines.push(
        `{"image_id":${image},"category_id":${category},"bbox":[${bbox.join(",")}],"score":${next().toFixed(5)}}`,
      );
    }
  }
  const files = [join(folder, "truth.json"), join(folder, "found.json")] as const;
  const instances = {
    images: Array.from({ length: images }, (_, at) => ({
      id: at + 1,
      width: 800,
      height: 600,
      file_name: `${at + 1}.jpg`,
    })),
    categories: Array.from({ length: categories }, (_, at) => ({ id: at + 1, name: `class ${at + 1}` })),
    annotations: truth,
  };
  await writeFile(files[0], JSON.stringify(instances));
  await writeFile(files[1], `[${lines.join(",\n")}]\n`);
  return files;
}

/** Numbers from 0 to 1, the same each time. @see Park and Miller 1988, the minimal standard generator */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
