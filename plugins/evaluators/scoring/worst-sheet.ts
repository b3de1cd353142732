import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Dataset, DatasetSplit, Mark, StageContext } from "../../../core/index.ts";
import { type SheetPicture, writeContactSheet } from "../../data/photos/contact-sheet.ts";
import type { StoredSheet } from "../../data/photos/keep-sheet.ts";
import { rangeOf } from "../../tasks/detection/boxes.ts";
import { type DetectionTruth, detectionTruth } from "../../tasks/detection/detection-truth.ts";
import type { Detection } from "../../tasks/detection/detections.ts";
import { originalOf } from "../../tasks/detection/shown-photos.ts";
import { worstPhotos } from "../../tasks/detection/worst-photos.ts";

/** Photos of a sheet, the side of each, and the score from which boxes are drawn and counted. */
const mostPhotos = 12;
const side = 320;
const sure = 0.25;
/** Raise it when the same detections would look another way. */
const sheetFormat = 1;

/** What one model found, in COCO's results form as it was stored. */
export interface ScoredDetections {
  readonly role: string;
  readonly results: string;
}

interface ResultRow {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: readonly [number, number, number, number];
  readonly score: number;
}

/**
 * Draws the photos on which the last of the models errs most: what is there, and beside it what each model finds. The
 * sheet lies in the store under a key of its own and is no part of the result.
 *
 * @returns the sheet, which the result must refer to, or `undefined` where nothing was scored
 */
export async function writeWorstSheet(
  models: readonly ScoredDetections[],
  { classNames, digest }: Pick<Dataset, "classNames" | "digest">,
  split: DatasetSplit,
  { parts, stage }: Pick<StageContext, "parts" | "stage">,
): Promise<StoredSheet | undefined> {
  const judged = models.at(-1);
  if (judged === undefined || split.count === 0) return undefined;
  const results = models.map((model) => createHash("sha256").update(model.results).digest("hex"));
  const roles = models.map(({ role }) => role);
  const identity = { data: digest, split: split.name, stage, roles, results };
  const key = parts.key({ kind: "evaluate/worst", format: sheetFormat, ...identity });
  const name = "worst-photos.png";
  const known = await parts.find(key);
  if (known !== undefined) return { key, file: join(known, name) };
  const truth = detectionTruth(split);
  const found = models.map((model) => sureDetections(model.results, split.count));
  const worst = worstPhotos(truth.boxes, found.at(-1) ?? []).slice(0, mostPhotos);
  const pictures: SheetPicture[] = [];
  for (const { image, missed, wrong } of worst) {
    const picture = await renderPhoto(split, truth, image);
    const add = (title: string, boxes: readonly Detection[], named: (box: Detection) => string): void => {
      const marks = boxes.map((box) => markOf(box, originalOf(truth, image), named(box)));
      pictures.push({ ...picture, caption: [title], marks });
    };
    const nameOf = ({ class: id }: Detection): string => classNames[id] ?? String(id);
    add(`photo ${image}: truth`, truthOf(truth, image), nameOf);
    for (const [at, { role }] of models.entries()) {
      const errors = at === models.length - 1 ? `: ${missed} missed, ${wrong} wrong` : "";
      const named = (box: Detection): string => `${nameOf(box)} ${(100 * box.score).toFixed(0)} %`;
      add(`${role}${errors}`, found[at]?.[image] ?? [], named);
    }
  }
  const folder = await parts.commit(key, async (directory) => {
    await writeContactSheet(join(directory, name), pictures, 1 + models.length);
  });
  return { key, file: join(folder, name) };
}

/** Of each photo, the surest first. */
function sureDetections(results: string, count: number): Detection[][] {
  const found = Array.from({ length: count }, (): Detection[] => []);
  for (const { image_id: image, category_id: category, bbox, score } of JSON.parse(results) as readonly ResultRow[]) {
    const [left, top, width, height] = bbox;
    if (score >= sure)
      found[image]?.push({ corners: [left, top, left + width, top + height], class: category - 1, score });
  }
  return found;
}

function truthOf({ boxes }: DetectionTruth, image: number): Detection[] {
  const [from, to] = rangeOf(boxes, image);
  return Array.from({ length: to - from }, (_, at) => {
    const row = from + at;
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.corners.subarray(row * 4, row * 4 + 4);
    return { corners: [left, top, right, bottom], class: boxes.classes[row] ?? -1, score: 1 };
  });
}

/** The whole photo, its longer side as long as a thumbnail's. */
async function renderPhoto(
  split: DatasetSplit,
  truth: DetectionTruth,
  image: number,
): Promise<Pick<SheetPicture, "pixels" | "width" | "height">> {
  const original = originalOf(truth, image);
  const scale = side / Math.max(original.width, original.height);
  const [width, height] = [original.width, original.height].map((length) =>
    Math.max(1, Math.round(length * scale)),
  ) as [number, number];
  const pixels = new Uint8Array(width * height * 3);
  await split.render([image], undefined, { width, height, channels: 3, fit: "stretch" }, pixels);
  return { pixels, width, height };
}

function markOf(
  { corners: [left, top, right, bottom], class: group }: Detection,
  { width, height }: { readonly width: number; readonly height: number },
  label: string,
): Mark {
  const box = { left: left / width, top: top / height, width: (right - left) / width, height: (bottom - top) / height };
  return { shape: "box", ...box, label, group: Math.max(0, group) };
}
