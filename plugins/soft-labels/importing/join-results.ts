import { type Dataset, type ImageSize, KdflowError } from "../../../core/index.ts";
import type { CocoImage } from "../../data/boxes/coco-instances.ts";
import type { CocoResult } from "../../data/boxes/coco-results.ts";
import { placeInJson } from "../../data/boxes/json-text.ts";
import { photoFiles } from "../../data/boxes/photo-files.ts";
import { detectionTruth } from "../../tasks/detection/detection-truth.ts";
import { originalOf } from "../../tasks/detection/shown-photos.ts";
import { PhotoNames } from "./photo-names.ts";
import type { ResultNames } from "./results-file.ts";

/** A box of one photo, with the scores of all classes that the file gives it. */
export interface ImportedBox {
  /** Left, top, right, bottom in pixels of the upright photo, cut off at its border. */
  readonly corners: readonly [left: number, top: number, right: number, bottom: number];
  /** By place among the classes; of a class that is named twice the greater. */
  readonly scores: Map<number, number>;
}

/** What became of the detections of a file. */
export interface JoinedResults {
  /** Boxes of each training photo. */
  readonly photos: readonly (readonly ImportedBox[])[];
  /** Detections of photos that the data does not have, and how many such photos there are. */
  readonly unknownPhotos: { readonly count: number; readonly photos: number; readonly first: string };
  /** Of validation and test photos, which are not taught. */
  readonly heldOut: number;
  /** By category id. */
  readonly unknownCategories: ReadonlyMap<number, number>;
  /** Boxes without area on their photo. */
  readonly empty: number;
}

interface ResultsText {
  readonly file: string;
  readonly text: string;
}

/**
 * Gives each training photo of the data its detections. Those that cannot be placed are counted; where none can be, the
 * first says why.
 *
 * @throws KDF_INPUT_IMAGE_IDS, KDF_INPUT_CLASSES where no detection has a photo or a class; KDF_INPUT_FORMAT for a score
 *   that is no probability, and for photos of another size than `images` says
 */
export function joinResults(
  results: readonly CocoResult[],
  source: ResultsText,
  { classOf, images }: ResultNames,
  { splits }: Pick<Dataset, "splits">,
): JoinedResults {
  const { train } = splits;
  const truth = detectionTruth(train);
  const names = new PhotoNames(Object.fromEntries(Object.values(splits).map((own) => [own.name, photoFiles(own)])));
  const imageOf = new Map<number | string, CocoImage>(images?.map((image) => [image.id, image]));
  const byPhoto = Array.from({ length: train.count }, () => new Map<string, ImportedBox>());
  const unknown = new Map<string | number, number>();
  const unknownCategories = new Map<number, number>();
  let [heldOut, empty, placed] = [0, 0, 0];
  for (const [at, result] of results.entries()) {
    const { image_id: id, category_id: category, score } = result;
    if (score < 0 || score > 1) fail(source, at, "score", `the score ${score} is no probability (0 … 1)`);
    const image = imageOf.get(id);
    const samples = isOfNone(id, image, images) ? [] : names.find(image?.fileName ?? id);
    const column = classOf.get(category);
    if (samples.length === 0) countUp(unknown, id);
    else if (column === undefined) countUp(unknownCategories, category);
    if (samples.length === 0 || column === undefined) continue;
    placed += 1;
    const taught = samples.filter(({ split }) => split === "train");
    heldOut += Number(taught.length === 0);
    for (const { sample } of taught) {
      const original = originalOf(truth, sample);
      if (image !== undefined) assertSize(image, original, source, at);
      empty += Number(!addBox(byPhoto[sample], result, column, original));
    }
  }
  if (placed === 0 && results.length > 0) {
    throw noneFits(source, results, unknown.size > 0 && unknownCategories.size === 0);
  }
  return {
    photos: byPhoto.map((boxes) => [...boxes.values()]),
    unknownPhotos: {
      count: [...unknown.values()].reduce((sum, own) => sum + own, 0),
      photos: unknown.size,
      first: [...unknown.keys()].map((id) => (typeof id === "number" ? `image ${id}` : `"${id}"`))[0] ?? "",
    },
    heldOut,
    unknownCategories,
    empty,
  };
}

/** @returns whether the box has area on its photo */
function addBox(
  boxes: Map<string, ImportedBox> | undefined,
  { bbox, score }: Pick<CocoResult, "bbox" | "score">,
  column: number,
  original: ImageSize,
): boolean {
  const corners = cornersOf(bbox, original);
  if (corners === undefined) return false;
  const key = bbox.join();
  const box = boxes?.get(key) ?? { corners, scores: new Map<number, number>() };
  box.scores.set(column, Math.max(score, box.scores.get(column) ?? 0));
  boxes?.set(key, box);
  return true;
}

function noneFits({ file, text }: ResultsText, results: readonly CocoResult[], isOfPhotos: boolean): KdflowError {
  if (isOfPhotos) {
    return new KdflowError("KDF_INPUT_IMAGE_IDS", `no detection of "${file}" is of a photo of the data`, {
      where: placeInJson(file, text, [0, "image_id"]),
      hint: [
        `the first is of image ${results[0]?.image_id}`,
        "`images` names the COCO file whose `images` the ids are; without it they are names of photos",
      ],
    });
  }
  return new KdflowError("KDF_INPUT_CLASSES", `no detection of "${file}" has a category with a name`, {
    where: placeInJson(file, text, [0, "category_id"]),
    hint: "`classes` names them in order, from `firstCategory` on; without it they are the `categories` of `images`",
  });
}

/** Whether an image's number is none of `images`; without these it is that of a photo. */
function isOfNone(
  id: number | string,
  image: CocoImage | undefined,
  images: readonly CocoImage[] | undefined,
): boolean {
  return images !== undefined && typeof id === "number" && image === undefined;
}

function countUp<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** @throws KDF_INPUT_FORMAT at a detection of a photo whose size is another in `images` */
function assertSize(image: CocoImage, { width, height }: ImageSize, source: ResultsText, at: number): void {
  if ((image.width ?? width) === width && (image.height ?? height) === height) return;
  const sizes = `${image.width}×${image.height} pixels in \`images\`, and the photo ${width}×${height}`;
  fail(source, at, "image_id", `"${image.fileName}" has ${sizes}`);
}

function fail({ file, text }: ResultsText, at: number, key: string, message: string): never {
  throw new KdflowError("KDF_INPUT_FORMAT", message, { where: placeInJson(file, text, [at, key]) });
}

function cornersOf(
  [left = 0, top = 0, wide = 0, high = 0]: readonly number[],
  { width, height }: ImageSize,
): ImportedBox["corners"] | undefined {
  const [x1, y1] = [Math.max(0, left), Math.max(0, top)];
  const [x2, y2] = [Math.min(width, left + wide), Math.min(height, top + high)];
  return x2 > x1 && y2 > y1 ? [x1, y1, x2, y2] : undefined;
}
