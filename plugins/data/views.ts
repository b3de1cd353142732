import { createHash } from "node:crypto";
import {
  type Augmentation,
  type CreateContext,
  type Dataset,
  type ImageSize,
  KdflowError,
  type PlanContext,
  type ProviderUse,
  plainView,
  type SplitName,
  type View,
} from "../../core/index.ts";
import { type PartnerOf, partnersOf } from "./partners.ts";

/** What a record's views start from. */
export interface Frame {
  /** Size of the image itself. */
  readonly original: ImageSize;
  /** The view without any augmentation: how the image is fitted. */
  readonly plain: View;
}

/** Makes the seeded view of a record, without a partner; where records differ in size, each comes with its own frame. */
export type ViewOf = (recordDigest: string, view: number, frame?: Frame) => View;

/**
 * The views of a dataset. A view is a pure function of the stage's seed, the record's *content* and the view number;
 * the record's place in the file plays no part, so adding or removing other records changes no view.
 *
 * @param augmentations applied in this order to the plain view, all from one random stream
 * @param original size of the images that come without a frame of their own
 */
export function viewsOf(
  augmentations: readonly Augmentation[],
  original: ImageSize,
  rng: CreateContext["rng"],
): ViewOf {
  const whole: Frame = { original, plain: plainView };
  if (augmentations.length === 0) return (_digest, _view, frame = whole) => frame.plain;
  return (recordDigest, view, frame = whole) => {
    const high = Number.parseInt(recordDigest.slice(0, 8), 16);
    const low = Number.parseInt(recordDigest.slice(8, 16), 16);
    const stream = rng("views", high, low, view);
    return augmentations.reduce(
      (made, augmentation) => augmentation.describe(made, stream, frame.original),
      frame.plain,
    );
  };
}

/** Whether any of the augmentations mixes two samples. */
export function mixesSamples(augment: readonly ProviderUse[], context: Pick<PlanContext, "lookup">): boolean {
  return augment.some((use) => context.lookup("augmentations", use).mixes === true);
}

/** What views have to know of a split. */
export interface ViewedSplit {
  readonly digests: readonly string[];
  /** What a sample's views start from; left out where all have the size that `viewOf` was made with. */
  frameOf?(index: number): Frame;
}

/**
 * The views of a whole dataset, with the partners of those that mix: each from the records of its own split, in its own
 * view of the same number, mixed with nobody else.
 */
export function datasetViews(
  viewOf: ViewOf,
  splits: Readonly<Record<SplitName, ViewedSplit>>,
  rng: CreateContext["rng"],
): Dataset["view"] {
  const partners: Partial<Record<SplitName, PartnerOf>> = {};
  return (name, index, view) => {
    const split = splits[name];
    const digest = split.digests[index];
    if (digest === undefined) throw new KdflowError("KDF_INTERNAL", `split ${name} has no sample ${index}`);
    const own = viewOf(digest, view, split.frameOf?.(index));
    if (own.mix === undefined) return own;
    partners[name] ??= partnersOf(split.digests, rng);
    const partner = partners[name](digest, view);
    const partnerDigest = split.digests[partner] ?? digest;
    const { mix: _mix, ...alone } = viewOf(partnerDigest, view, split.frameOf?.(partner));
    return { ...own, partner: { index: partner, digest: partnerDigest, view: alone } };
  };
}

/** Views of made-up records that are hashed into the view spec. */
const probeCount = 256;

/**
 * Text that pins how views are made: the augmentations with their options, the seed, and a hash of sample views. The
 * hash notices what options do not tell, such as a changed augmentation in a local plugin file.
 */
export function viewSpecOf(augment: readonly ProviderUse[], seed: number, original: ImageSize, viewOf: ViewOf): string {
  if (augment.length === 0) return "plain";
  const hash = createHash("sha256");
  for (let probe = 0; probe < probeCount; probe++) {
    const made = viewOf(probe.toString(16).padStart(8, "0").repeat(8), probe % 8);
    const { left, top, width, height, flip, ...more } = made;
    hash.update(JSON.stringify([left, top, width, height, flip, ...Object.values(more)]));
  }
  const size = [original.height, original.width, original.channels];
  return JSON.stringify({ augment: augment.map(sortKeys), seed, size, probe: hash.digest("hex") });
}

/** The same data with the keys of every map in order, so that equal options give equal text. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, sortKeys(item)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
