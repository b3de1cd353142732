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

/** A detection as the file has it. */
export interface CocoResult {
  /** A name where {@link ResultForm.namedImages} allows it. */
  readonly image_id: number | string;
  readonly category_id: number;
  /** Left, top, width, height. */
  readonly bbox: readonly number[];
  readonly score: number;
}

export interface ResultForm {
  /** Whether `image_id` may be the name of a photo. */
  readonly namedImages: boolean;
}

const keys = ["image_id", "category_id", "bbox", "score"] as const;

/**
 * The detections of COCO's results JSON, a list of `{ image_id, category_id, bbox, score }`; an empty list is none found.
 *
 * @throws KDF_INPUT_FORMAT for broken JSON or values, with the line
 */
export function cocoResults(file: string, text: string, form: ResultForm): readonly CocoResult[] {
  const list = parseJson(file, text);
  if (!Array.isArray(list)) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" is not a list of detections`, {
      hint: "COCO's results form is a list of objects with `image_id`, `category_id`, `bbox` and `score`",
    });
  }
  return list.map((result: Partial<CocoResult> | null, at) => {
    const wrong = keys.find((key) => !isRight[key](result?.[key], form));
    return wrong === undefined ? (result as CocoResult) : failResult(file, text, at, wrong);
  });
}

/**
 * Reads COCO's results JSON against a ground truth.
 *
 * @throws KDF_INPUT_FORMAT for broken JSON or values, KDF_INPUT_IMAGE_IDS for images that the ground truth lacks
 */
export function parseCocoResults(
  file: string,
  text: string,
  { images, categories }: Pick<CocoInstances, "images" | "categories">,
): CocoResults {
  const list = cocoResults(file, text, { namedImages: false });
  const imageOf = new Map<number | string, number>(images.map(({ id }, at) => [id, at]));
  const classOf = new Map(categories.map(({ id }, at) => [id, at]));
  const imageAt = new Uint32Array(list.length);
  const offsets = new Uint32Array(images.length + 1);
  for (const [at, result] of list.entries()) {
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
  for (const [at, result] of list.entries()) {
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

type Key = (typeof keys)[number];

const isRight: Readonly<Record<Key, (value: unknown, form: ResultForm) => boolean>> = {
  image_id: (value, { namedImages }) => Number.isInteger(value) || (namedImages && typeof value === "string"),
  category_id: Number.isInteger,
  bbox: (value) => Array.isArray(value) && value.length === 4 && value.every(Number.isFinite),
  score: Number.isFinite,
};

const kinds: Readonly<Record<Key, string>> = {
  image_id: "a whole number",
  category_id: "a whole number",
  bbox: "four numbers",
  score: "a number",
};

function failResult(file: string, text: string, at: number, wrong: Key): never {
  throw new KdflowError("KDF_INPUT_FORMAT", `\`${wrong}\` of detection ${at} of "${file}" must be ${kinds[wrong]}`, {
    where: placeInJson(file, text, [at, wrong]),
  });
}

function failImage(file: string, text: string, at: number, id: number | string): never {
  throw new KdflowError("KDF_INPUT_IMAGE_IDS", `detection ${at} of "${file}" is of image ${id}, which has no truth`, {
    where: placeInJson(file, text, [at, "image_id"]),
    hint: "give the ground truth of the same images; ids are those of its `images`",
  });
}
