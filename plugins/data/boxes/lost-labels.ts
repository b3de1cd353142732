import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { stemOf } from "./photo-finder.ts";

/** A photo and the text file of its boxes. */
export interface LabelledPhoto {
  readonly path: string;
  readonly labels: string | undefined;
}

/**
 * Asserts that every text of the folders of labels is a photo's. Photos that no list names count too: they are there.
 * Beside photos texts may be anything, and are not looked at.
 *
 * @throws KDF_INPUT_MISSING_FILE
 */
export async function assertNoLostLabels(photos: readonly LabelledPhoto[]): Promise<void> {
  const folders = new Map<string, Set<string>>();
  for (const { path, labels } of photos) {
    if (labels === undefined || dirname(labels) === dirname(path)) continue;
    const of = folders.get(dirname(labels)) ?? new Set();
    folders.set(dirname(labels), of.add(dirname(path)));
  }
  for (const [folder, photoFolders] of folders) {
    const there = (await Promise.all([...photoFolders].map((each) => readdir(each)))).flat();
    assertOwners(folder, await readdir(folder), there);
  }
}

/** @throws KDF_INPUT_MISSING_FILE for a text in `names` whose photo is none of `photos`, names of files */
export function assertOwners(folder: string, names: readonly string[], photos: readonly string[]): void {
  const known = new Set(photos.map(stemOf));
  const lost = names.find((name) => name.endsWith(".txt") && name !== "classes.txt" && !known.has(stemOf(name)));
  if (lost === undefined) return;
  throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${join(folder, lost)}" labels a photo that is not there`, {
    hint: "remove the label, or add the photo",
  });
}
