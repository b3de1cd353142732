import { dirname } from "node:path";
import type { FoundData, SplitName } from "../../../core/index.ts";
import { photoSizes } from "./photo-sizes.ts";

/** What listings of photos have in common, be their labels classes or boxes. */
interface Listing {
  readonly classNames: readonly string[];
  readonly entries: readonly { readonly path: string; readonly split: SplitName | undefined }[];
}

/** A listing in the words of `kdflow init`; a photo whose split is still to be drawn is one of training. */
export async function foundPhotos(options: FoundData["options"], { classNames, entries }: Listing): Promise<FoundData> {
  const counts: Partial<Record<SplitName, number>> = {};
  for (const { split = "train" } of entries) counts[split] = (counts[split] ?? 0) + 1;
  return { options, classNames, counts, sizes: await photoSizes(entries.map(({ path }) => path)) };
}

/**
 * True where every photo lies in a folder of its class, not deeper, and there are two classes or more: folders of other
 * kinds have photos below them too.
 */
export function liesInClasses({ classNames, entries }: Listing): boolean {
  const folders = new Set(entries.map(({ path }) => dirname(path)));
  return classNames.length > 1 && [...folders].every((folder) => classNames.some((name) => endsIn(folder, name)));
}

const endsIn = (folder: string, name: string): boolean => folder.replaceAll("\\", "/").endsWith(`/${name}`);
