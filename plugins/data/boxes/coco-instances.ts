import { KdflowError } from "../../../core/index.ts";
import { boxFlags } from "../../tasks/detection/boxes.ts";
import { parseJson, placeInJson } from "./json-text.ts";
import { rleArea } from "./rle-area.ts";

export interface CocoImage {
  readonly id: number;
  /** `undefined` where the file does not say it. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly fileName: string;
}

export interface CocoCategory {
  readonly id: number;
  readonly name: string;
}

/** An instances file, as it stands: nothing is clipped or left out. */
export interface CocoInstances {
  /** By rising id. */
  readonly images: readonly CocoImage[];
  /** By rising id; ids may begin anywhere and have gaps. */
  readonly categories: readonly CocoCategory[];
  /** Of each annotation, in the order of the file. */
  readonly rows: {
    /** `[annotations]`, place in `images`. */
    readonly images: Uint32Array;
    /** `[annotations]`, place in `categories`. */
    readonly classes: Int32Array;
    /** `[annotations, 4]`: left, top, width, height. */
    readonly bounds: Float64Array;
    /** `[annotations]`, `area` of the file; without one the pixels of a run-length mask, or width · height. */
    readonly areas: Float64Array;
    /** `[annotations]`, `crowd` from `iscrowd`, `difficult` from `difficult` or `ignore`. */
    readonly flags: Uint8Array;
  };
}

interface RawAnnotation {
  readonly id?: unknown;
  readonly image_id?: unknown;
  readonly category_id?: unknown;
  readonly bbox?: unknown;
  readonly area?: unknown;
  readonly iscrowd?: unknown;
  readonly difficult?: unknown;
  readonly ignore?: unknown;
  readonly segmentation?: unknown;
}

/**
 * Reads COCO's instances JSON. `iscrowd` may be missing (0), ids may have gaps and begin at 0, and images may have no
 * annotations.
 *
 * @throws KDF_INPUT_FORMAT for broken JSON or values, KDF_INPUT_CLASSES for a category that the file does not list;
 * both with the line
 */
export function parseCocoInstances(file: string, text: string): CocoInstances {
  const reader = new InstancesReader(file, text);
  return reader.read();
}

class InstancesReader {
  readonly #file: string;
  readonly #text: string;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  read(): CocoInstances {
    const json = parseJson(this.#file, this.#text);
    const root = typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
    const images = this.#images(this.#list(root, "images"));
    const categories = this.#categories(this.#list(root, "categories"));
    return { images, categories, rows: this.#rows(this.#list(root, "annotations"), images, categories) };
  }

  #list(root: Record<string, unknown>, key: string): readonly Record<string, unknown>[] {
    const list = root[key];
    if (Array.isArray(list)) return list as Record<string, unknown>[];
    throw new KdflowError("KDF_INPUT_FORMAT", `"${this.#file}" has no list \`${key}\``, {
      hint: "COCO's instances form is an object with `images`, `annotations` and `categories`",
    });
  }

  #images(list: readonly Record<string, unknown>[]): CocoImage[] {
    const size = (value: unknown): number | undefined => (isNumber(value) && value > 0 ? value : undefined);
    const images = list.map((image, at): CocoImage => {
      const id = this.#id(image["id"], ["images", at, "id"]);
      const fileName = typeof image["file_name"] === "string" ? image["file_name"] : "";
      return { id, width: size(image["width"]), height: size(image["height"]), fileName };
    });
    return this.#byId(images, "images");
  }

  #categories(list: readonly Record<string, unknown>[]): CocoCategory[] {
    const categories = list.map((category, at): CocoCategory => {
      const id = this.#id(category["id"], ["categories", at, "id"]);
      return { id, name: typeof category["name"] === "string" ? category["name"] : String(id) };
    });
    return this.#byId(categories, "categories");
  }

  #byId<T extends { readonly id: number }>(list: readonly T[], key: string): T[] {
    const sorted = [...list].sort((one, other) => one.id - other.id);
    const twice = sorted.find(({ id }, at) => id === sorted[at - 1]?.id);
    if (twice === undefined) return sorted;
    this.#fail(`\`${key}\` has the id ${twice.id} twice`, [key, list.lastIndexOf(twice), "id"]);
  }

  #rows(
    list: readonly RawAnnotation[],
    images: readonly CocoImage[],
    categories: readonly CocoCategory[],
  ): CocoInstances["rows"] {
    const imageOf = new Map(images.map(({ id }, at) => [id, at]));
    const classOf = new Map(categories.map(({ id }, at) => [id, at]));
    const rows = {
      images: new Uint32Array(list.length),
      classes: new Int32Array(list.length),
      bounds: new Float64Array(list.length * 4),
      areas: new Float64Array(list.length),
      flags: new Uint8Array(list.length),
    };
    list.forEach((annotation, at) => {
      const path = ["annotations", at];
      const image = imageOf.get(this.#id(annotation.image_id, [...path, "image_id"]));
      if (image === undefined) {
        this.#fail(`an annotation is of image ${annotation.image_id}, which \`images\` does not list`, [
          ...path,
          "image_id",
        ]);
      }
      const id = classOf.get(this.#id(annotation.category_id, [...path, "category_id"]));
      if (id === undefined) {
        throw new KdflowError(
          "KDF_INPUT_CLASSES",
          `an annotation of "${this.#file}" has category ${annotation.category_id}, which \`categories\` does not list`,
          { where: placeInJson(this.#file, this.#text, [...path, "category_id"]) },
        );
      }
      const { bbox } = annotation;
      if (!isBounds(bbox)) {
        this.#fail("`bbox` of an annotation must be four finite numbers: left, top, width, height", [...path, "bbox"]);
      }
      rows.images[at] = image;
      rows.classes[at] = id;
      rows.bounds.set(bbox, at * 4);
      rows.areas[at] = areaOf(annotation, bbox);
      const crowd = isSet(annotation.iscrowd) ? boxFlags.crowd : 0;
      rows.flags[at] = crowd | (isSet(annotation.difficult) || isSet(annotation.ignore) ? boxFlags.difficult : 0);
    });
    return rows;
  }

  #id(value: unknown, path: (string | number)[]): number {
    if (isNumber(value) && Number.isInteger(value)) return value;
    this.#fail(`\`${path.at(-1)}\` must be a whole number, not ${JSON.stringify(value) ?? "missing"}`, path);
  }

  #fail(message: string, path: (string | number)[]): never {
    throw new KdflowError("KDF_INPUT_FORMAT", `${message} (${path.join(".")} of "${this.#file}")`, {
      where: placeInJson(this.#file, this.#text, path),
    });
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isSet(value: unknown): boolean {
  return value === true || (typeof value === "number" && value !== 0);
}

function isBounds(value: unknown): value is [number, number, number, number] {
  return Array.isArray(value) && value.length === 4 && value.every(isNumber);
}

function areaOf({ area, segmentation }: RawAnnotation, bounds: readonly [number, number, number, number]): number {
  if (isNumber(area)) return area;
  const mask = (segmentation ?? {}) as { counts?: unknown };
  if (typeof mask.counts === "string") return rleArea(mask.counts);
  if (Array.isArray(mask.counts) && mask.counts.every(isNumber)) return rleArea(mask.counts);
  return bounds[2] * bounds[3];
}
