import { resolve } from "node:path";
import { KdflowError, type ProviderUse, type SideLengths } from "../../../core/index.ts";
import { listClassFolders } from "./class-folders.ts";
import type { PhotoListing } from "./photo-entries.ts";
import { listFromFile } from "./photo-list.ts";

/** What every data set of image files can be told. */
export interface PhotoOptions {
  readonly root?: string;
  /** Only so many training images, before any is held out. */
  readonly limit?: number;
  /** Shares of the training images that are held out where the files name no such split. */
  readonly validation: number;
  readonly test: number;
  readonly maxBadImages: number;
  readonly augment: readonly ProviderUse[];
  /** Size at which a network sees images that names none itself. */
  readonly imageSize: SideLengths;
  readonly fit: "crop" | "stretch";
  readonly cache: boolean;
  readonly workers?: number;
}

/** Options of images with labels. */
export interface LabelledPhotoOptions extends PhotoOptions {
  readonly list?: string;
}

/**
 * The image files that options name, with their classes.
 *
 * @throws KDF_PLAN_OPTIONS where there is neither a folder nor a list, and KDF_INPUT_…
 */
export async function listLabelled(
  { root, list }: Pick<LabelledPhotoOptions, "root" | "list">,
  baseDir: string,
): Promise<PhotoListing> {
  const folder = root === undefined ? undefined : resolve(baseDir, root);
  if (list !== undefined) return listFromFile(resolve(baseDir, list), folder);
  if (folder !== undefined) return listClassFolders(folder);
  throw new KdflowError("KDF_PLAN_OPTIONS", "there is neither `root` nor `list`", {
    hint: "give the folder with a sub-folder for each class as `root`, or a CSV or JSON file as `list`",
  });
}
