import { resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { type Box, boxFlags } from "../../tasks/detection/boxes.ts";
import { knownImages } from "../photos/photo-entries.ts";
import type { BoxEntry, BoxListing } from "./box-listing.ts";
import type { PhotoSides } from "./clean-boxes.ts";
import { firstThere, under } from "./photo-finder.ts";
import { photosAt } from "./photos-at.ts";

/** What reads the labels of a data set. */
export type ListBoxes<O> = (options: O, baseDir: string) => Promise<BoxListing>;

interface UnlabelledOptions {
  readonly root: string;
  readonly unlabelled?: string | readonly string[] | undefined;
}

/**
 * Reads the labels, and adds the photos of the option `unlabelled` to the training photos. A photo that the labels name
 * too, in whatever split, is the labels'; of those that `limit` leaves out the photo alone may come back.
 *
 * @throws KDF_INPUT_MISSING_FILE for a folder or list that is not there, KDF_INPUT_EMPTY for one without photos
 */
export function withUnlabelled<O extends UnlabelledOptions>(list: ListBoxes<O>): ListBoxes<O> {
  return async (options, baseDir) => {
    const listing = await list(options, baseDir);
    const root = resolve(baseDir, options.root);
    const paths = new Set<string>();
    for (const name of [options.unlabelled ?? []].flat()) {
      const place = await firstThere([under(root, name)]);
      if (place === undefined) {
        throw new KdflowError("KDF_INPUT_MISSING_FILE", `there are no photos at "${under(root, name)}"`, {
          hint: "`unlabelled` names folders, or .txt lists of photos, from `root`",
          option: "/unlabelled",
        });
      }
      const found = await photosAt(place);
      if (found.length === 0) {
        throw new KdflowError("KDF_INPUT_EMPTY", `"${place}" has no photos`, { hint: `looked for ${knownImages}` });
      }
      for (const path of found) paths.add(path);
    }
    return { ...listing, entries: [...listing.entries, ...Array.from(paths, unlabelledEntry)] };
  };
}

function unlabelledEntry(path: string): BoxEntry {
  return { path, split: "train", labels: "unlabelled", unlabelled: true, boxes: wholePhoto };
}

/** A crowd over the whole photo: neither targets nor background are drawn from it. */
function wholePhoto({ width, height }: PhotoSides): readonly Box[] {
  return [{ corners: [0, 0, width, height], class: 0, flags: boxFlags.crowd | boxFlags.unlabelled }];
}

/** Whether nothing is known of a photo with these boxes. */
export function isUnlabelled(boxes: readonly Box[]): boolean {
  return boxes.some(({ flags = 0 }) => (flags & boxFlags.unlabelled) !== 0);
}

/** What was made of the option `unlabelled`, in words; nothing without it. */
export function unlabelledNote(listed: number, taken: number): readonly string[] {
  if (listed === 0) return [];
  const others = listed === taken ? "" : `; ${listed - taken} others there have labels or stand there twice`;
  return [`${taken} unlabelled photos are trained on, where a teacher says what they show${others}`];
}
