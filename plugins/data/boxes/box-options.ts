import type { ProviderUse, SideLengths } from "../../../core/index.ts";
import type { BoxListing } from "./box-listing.ts";

/** Photos of a split: what the labels' form calls a set, a share of the training photos, or several sets. */
export type SplitSource = string | number | readonly string[];

/** What every data set of photos with boxes can be told. */
export interface BoxesOptions {
  readonly root: string;
  readonly validation?: SplitSource;
  readonly test?: SplitSource;
  /** Folders or lists of photos without labels, from `root`. */
  readonly unlabelled?: string | readonly string[];
  /** Only so many training photos with labels, before any is held out. */
  readonly limit?: number;
  /** So many training photos are all three splits, without augmentations. */
  readonly overfit?: number;
  /** Pattern of the file name; photos of the same first group, or the same match, stay in one split. */
  readonly groupBy?: string;
  readonly maxBadImages: number;
  readonly augment: readonly ProviderUse[];
  /** Size and fit of a network that says none itself. */
  readonly imageSize: SideLengths;
  readonly fit: "letterbox" | "stretch" | "crop";
  readonly workers?: number;
}

/** What decides which photos and labels there are. */
export type ListedOptions<O extends BoxesOptions> = Omit<
  O,
  Exclude<keyof BoxesOptions, "root" | "validation" | "test" | "unlabelled">
>;

/** Sets that an option names; none where it is left out or a share. */
export function setsOf(source: SplitSource | undefined): readonly string[] {
  if (source === undefined || typeof source === "number") return [];
  return typeof source === "string" ? [source] : source;
}

/** How many photos there are to train on, as far as it can be told before splits are drawn. */
export function trainingPhotos(
  { validation, test, limit = Number.POSITIVE_INFINITY, overfit }: BoxesOptions,
  { entries, given }: Pick<BoxListing, "entries" | "given">,
): { readonly samples: number; readonly unlabelled?: number; readonly about: boolean } {
  if (overfit !== undefined) return { samples: overfit, about: false };
  const all = entries.filter(({ split }) => split === undefined);
  const labelled = Math.min(all.length, limit);
  const heldOut = (given.has("test") ? 0 : shareOf(test)) + (given.has("validation") ? 0 : shareOf(validation));
  const named = new Map(entries.flatMap(({ path, split, unlabelled }) => (unlabelled ? [] : [[path, split] as const])));
  const others = entries.filter(({ unlabelled }) => unlabelled);
  const fresh = others.filter(({ path }) => !named.has(path)).length;
  // of those with labels, the ones beyond `limit`
  const again = others.filter(({ path }) => named.has(path) && named.get(path) === undefined).length;
  const back = all.length === 0 ? 0 : again * (1 - labelled / all.length);
  const unlabelled = Math.round(fresh + back);
  const samples = Math.round(labelled * (1 - heldOut)) + unlabelled;
  const about = heldOut > 0 || (again < all.length && back > 0);
  return { samples, ...(unlabelled > 0 && { unlabelled }), about };
}

/** The share of training photos that is held out for a split. */
export function shareOf(source: SplitSource | undefined): number {
  return typeof source === "number" ? source : 0;
}
