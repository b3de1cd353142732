import { stat } from "node:fs/promises";
import { extname, isAbsolute, join, relative } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { isPhoto, photosUnder } from "../photos/photo-entries.ts";

/** The photos of a folder and those below it, by their name without its ending. */
export class PhotoFinder {
  readonly #folder: string;
  readonly #byStem = new Map<string, string>();

  private constructor(folder: string, paths: readonly string[]) {
    this.#folder = folder;
    for (const path of paths) {
      const inside = relative(folder, path).replaceAll("\\", "/");
      for (const key of [stemOf(inside), stemOf(inside.split("/").at(-1) ?? inside)]) {
        if (!this.#byStem.has(key)) this.#byStem.set(key, path);
      }
    }
  }

  static async in(folder: string): Promise<PhotoFinder> {
    return new PhotoFinder(folder, await photosUnder(folder));
  }

  /** Every photo, in the order of its path. */
  get paths(): readonly string[] {
    return [...new Set(this.#byStem.values())];
  }

  /** @param name of the photo, or of its labels: endings do not count */
  find(name: string): string | undefined {
    return this.#byStem.get(stemOf(name.replaceAll("\\", "/")));
  }

  /** @throws KDF_INPUT_MISSING_FILE naming the labels */
  get(name: string, labels: string): string {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${labels}" labels the photo "${name}", which is not there`, {
      hint: [`looked in "${this.#folder}"`, "remove the label, or add the photo; `photos` names their folder"],
    });
  }
}

/** A file's path without its ending. */
export function stemOf(path: string): string {
  const ending = extname(path);
  // names such as `2007.000027` have a dot that begins no ending
  return isPhoto(path) || /^\.(xml|txt|json)$/i.test(ending) ? path.slice(0, path.length - ending.length) : path;
}

/** The first of some folders or files that is there. */
export async function firstThere(places: readonly string[]): Promise<string | undefined> {
  for (const place of places) if ((await stat(place).catch(() => undefined)) !== undefined) return place;
  return undefined;
}

/** A path of an option, from the data set's root. */
export function under(root: string, path: string): string {
  return isAbsolute(path) ? path : join(root, path);
}
