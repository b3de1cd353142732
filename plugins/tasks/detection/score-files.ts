import { readFile } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";
import { type CocoInstances, parseCocoInstances } from "../../data/boxes/coco-instances.ts";
import { type CocoResults, parseCocoResults } from "../../data/boxes/coco-results.ts";
import type { CocoDetections, CocoTruth } from "./coco-rules.ts";
import { type CocoMetrics, scoreCoco } from "./coco-scores.ts";
import type { ScoreProtocol } from "./score-protocols.ts";
import { scoreVoc } from "./voc-scores.ts";

/** What `kdflow evaluate` prints: COCO's twelve numbers, or VOC's AP, which is that at IoU 0.5. */
export type FileScores = (CocoMetrics | { readonly AP: number; readonly AP50: number }) & {
  /** By category id; −1 for a category without boxes. */
  readonly perCategoryAP: Readonly<Record<string, number>>;
};

export interface ScoredFiles {
  readonly scores: FileScores;
  /** What the numbers leave out, in words. */
  readonly warnings: readonly string[];
}

/**
 * Scores a results file against an instances file, both in COCO's JSON forms.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_CLASSES, KDF_INPUT_IMAGE_IDS
 */
export async function scoreFiles(
  groundTruth: string,
  detections: string,
  protocol: ScoreProtocol = "coco",
): Promise<ScoredFiles> {
  const instances = parseCocoInstances(groundTruth, await readText(groundTruth));
  const results = parseCocoResults(detections, await readText(detections), instances);
  const truth = truthOf(instances);
  const found = detectionsOf(results);
  const { categories } = instances;
  const byCategory = (values: Float64Array): Record<string, number> =>
    Object.fromEntries(categories.map(({ id }, at) => [id, values[at] ?? -1]));
  const warnings = [...results.unknownCategories].map(
    ([id, count]) => `${count} detections of category ${id} are left out: the ground truth does not list it`,
  );
  if (protocol === "coco") {
    const { metrics, perClassAP } = scoreCoco(truth, found, categories.length);
    return { scores: { ...metrics, perCategoryAP: byCategory(perClassAP) }, warnings };
  }
  const { AP50, perClassAP50 } = scoreVoc(truth, found, categories.length, protocol);
  return { scores: { AP: AP50, AP50, perCategoryAP: byCategory(perClassAP50) }, warnings };
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${file}" cannot be opened`, { cause });
  });
}

/** The boxes of an instances file for the evaluation, image by image in the order of ids. */
export function truthOf({ images, rows }: CocoInstances): CocoTruth {
  const offsets = new Uint32Array(images.length + 1);
  for (const image of rows.images) offsets[image + 1] = (offsets[image + 1] as number) + 1;
  for (let image = 0; image < images.length; image++) {
    offsets[image + 1] = (offsets[image + 1] as number) + (offsets[image] as number);
  }
  const next = offsets.slice();
  const from = new Uint32Array(rows.images.length);
  rows.images.forEach((image, at) => {
    const row = next[image] as number;
    from[row] = at;
    next[image] = row + 1;
  });
  const bounds = new Float64Array(from.length * 4);
  from.forEach((at, row) => {
    bounds.set(rows.bounds.subarray(at * 4, at * 4 + 4), row * 4);
  });
  return {
    offsets,
    ...sidesOf(bounds),
    classes: Int32Array.from(from, (at) => rows.classes[at] as number),
    areas: Float64Array.from(from, (at) => rows.areas[at] as number),
    flags: Uint8Array.from(from, (at) => rows.flags[at] as number),
  };
}

function detectionsOf({ offsets, classes, scores, bounds }: CocoResults): CocoDetections {
  return { offsets, classes, scores, ...sidesOf(bounds) };
}

/** Corners and areas of boxes given by left, top, width and height; right is exactly left + width. */
function sidesOf(bounds: Float64Array): { readonly corners: Float64Array; readonly boxAreas: Float64Array } {
  const corners = bounds.slice();
  const boxAreas = new Float64Array(bounds.length / 4);
  for (let row = 0; row < boxAreas.length; row++) {
    const width = bounds[row * 4 + 2] as number;
    const height = bounds[row * 4 + 3] as number;
    corners[row * 4 + 2] = (bounds[row * 4] as number) + width;
    corners[row * 4 + 3] = (bounds[row * 4 + 1] as number) + height;
    boxAreas[row] = width * height;
  }
  return { corners, boxAreas };
}
