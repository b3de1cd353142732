import type { ImageSize } from "./dataset.ts";
import type { Mark } from "./task.ts";

/** How images that are not square are fitted: the centre as large as fits, or all of it stretched. */
export type PhotoFit = "crop" | "stretch";

/**
 * An image file fitted to a model's input: uint8 `[height, width, channels]`, and the size of the upright image itself; or
 * why it cannot be read.
 */
export type ReadPhoto = { readonly pixels: Uint8Array; readonly original: ImageSize } | { readonly reason: string };

/** What an argument of a command line names: image files in order, or why there are none. */
export type FoundPhotos = { readonly paths: readonly string[] } | { readonly reason: string };

/** One picture of a contact sheet with the lines of text under it. */
export interface SheetEntry {
  readonly path: string;
  readonly caption: readonly string[];
  /** Drawn on the picture. */
  readonly marks: readonly Mark[];
}

/** Reads image files outside of a pipeline, decoded and fitted as those of a data set. */
export interface PhotoReader {
  /** A file, whatever its name, or all images under a folder. */
  find(path: string): Promise<FoundPhotos>;
  /**
   * One answer per path, in order. Grey models (`channels` 1) get luma.
   *
   * @param fit of models whose size says none itself
   */
  read(paths: readonly string[], size: ImageSize, fit: PhotoFit): Promise<readonly ReadPhoto[]>;
  /**
   * Writes thumbnails with captions as a PNG, or as several numbered ones where they are many.
   *
   * @returns the files, in order
   */
  writeSheet(file: string, entries: readonly SheetEntry[]): Promise<readonly string[]>;
  close(): Promise<void>;
}
