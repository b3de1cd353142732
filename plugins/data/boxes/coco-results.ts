import { KdflowError } from "../../../core/index.ts";
import type { CocoInstances } from "./coco-instances.ts";
import { parseJson, placeInJson } from "./json-text.ts";

/** A results file, its detections sorted by image and in the order of the file within one. */
export interface CocoResults {
  /** `[images + 1]`, images as the ground truth has them. */
  readonly offsets: Uint32Array;
  /** `[detections]`, place in the ground truth's categories; −1 for a category that it does not list. */
  readonly classes: Int32Array;
  /** `[detections, 4]`: left, top, width, height. */
  readonly bounds: Float64Array;
  /** `[detections]` */
  readonly scores: Float64Array;
  /** Category ids that the ground truth does not list, and how many detections have them. */
  readonly unknownCategories: ReadonlyMap<number, number>;
}

interface RawResult {
  readonly image_id?: unknown;
  readonly category_id?: unknown;
  readonly bbox?: unknown;
  readonly score?: unknown;
}

const keys = ["image_id", "category_id", "bbox", "score"] as const;

/**
 * Reads COCO's results JSON, a list of `{ image_id, category_id, bbox, score }`; an empty list is none found.
 *
 * @throws KDF_INPUT_FORMAT for broken JSON or values, KDF_INPUT_IMAGE_IDS for images that the ground truth lacks
 */
export function parseCocoResults(
  file: string,
  text: string,
  { images, categories }: Pick<CocoInstances, "images" | "categories">,
): CocoResults {
  const list = parseJson(file, text);
  if (!Array.isArray(list)) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" is not a list of detections`, {
      hint: "COCO's results form is a list of objects with `image_id`, `category_id`, `bbox` and `score`",
    });
  }
  const imageOf = new Map(images.map(({ id }, at) => [id, at]));
  const classOf = new Map(categories.map(({ id }, at) => [id, at]));
  const imageAt = new Uint32Array(list.length);
  const offsets = new Uint32Array(images.length + 1);
  for (let at = 0; at < list.length; at++) {
    const result = list[at] as RawResult | null;
    if (!isResult(result)) failResult(file, text, at, result);
    const image = imageOf.get(result.image_id);
    if (image === undefined) failImage(file, text, at, result.image_id);
    imageAt[at] = image;
    offsets[image + 1] = (offsets[image + 1] as number) + 1;
  }
  for (let image = 0; image < images.length; image++) {
    offsets[image + 1] = (offsets[image + 1] as number) + (offsets[image] as number);
  }
  const next = offsets.slice();
  const classes = new Int32Array(list.length);
  const bounds = new Float64Array(list.length * 4);
  const scores = new Float64Array(list.length);
  const unknownCategories = new Map<number, number>();
  for (let at = 0; at < list.length; at++) {
    const result = list[at] as Result;
    const image = imageAt[at] as number;
    const row = next[image] as number;
    next[image] = row + 1;
    const known = classOf.get(result.category_id);
    if (known === undefined) {
      unknownCategories.set(result.category_id, (unknownCategories.get(result.category_id) ?? 0) + 1);
    }
    classes[row] = known ?? -1;
    for (let side = 0; side < 4; side++) bounds[row * 4 + side] = result.bbox[side] as number;
    scores[row] = result.score;
  }
  return { offsets, classes, bounds, scores, unknownCategories };
}

interface Result {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: readonly number[];
  readonly score: number;
}

function isResult(result: RawResult | null): result is Result {
  if (result === null || typeof result !== "object") return false;
  const { bbox } = result;
  if (!Number.isInteger(result.image_id) || !Number.isInteger(result.category_id)) return false;
  if (!Number.isFinite(result.score) || !Array.isArray(bbox) || bbox.length !== 4) return false;
  return bbox.every(Number.isFinite);
}

function failResult(file: string, text: string, at: number, result: RawResult | null): never {
  const wrong = keys.find((key) => {
    const value = result?.[key];
    if (key === "bbox") return !(Array.isArray(value) && value.length === 4 && value.every(Number.isFinite));
    return key === "score" ? !Number.isFinite(value) : !Number.isInteger(value);
  });
  const kinds = { image_id: "a whole number", category_id: "a whole number", bbox: "four numbers", score: "a number" };
  throw new KdflowError(
    "KDF_INPUT_FORMAT",
    `\`${wrong ?? "score"}\` of detection ${at} of "${file}" must be ${kinds[wrong ?? "score"]}`,
    { where: placeInJson(file, text, [at, wrong ?? "score"]) },
  );
}

function failImage(file: string, text: string, at: number, id: number): never {
  throw new KdflowError("KDF_INPUT_IMAGE_IDS", `detection ${at} of "${file}" is of image ${id}, which has no truth`, {
    where: placeInJson(file, text, [at, "image_id"]),
    hint: "give the ground truth of the same images; ids are those of its `images`",
  });
}
