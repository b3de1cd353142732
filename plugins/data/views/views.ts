import { createHash } from "node:crypto";
import {
  type Augmentation,
  type CreateContext,
  type Dataset,
  type Description,
  type ImageSize,
  KdflowError,
  type Partner,
  type PlanContext,
  type ProviderUse,
  plainView,
  type SplitName,
  type View,
} from "../../../core/index.ts";
import { type PartnerOf, partnersOf } from "./partners.ts";

/** What a record's views start from. */
export interface Frame {
  /** Size of the image itself. */
  readonly original: ImageSize;
  /** The view without any augmentation: how the image is fitted. */
  readonly plain: View;
}

/**
 * Makes the seeded view of a record, without a partner; where records differ in size, each comes with its own frame.
 *
 * @param without names of augmentations that are left out
 */
export type ViewOf = (recordDigest: string, view: number, frame?: Frame, without?: readonly string[]) => View;

/** An augmentation, and the name by which a pipeline uses it. */
export interface NamedAugmentation extends Augmentation {
  readonly use?: string;
}

/**
 * The views of a dataset. A view is a pure function of the stage's seed, the record's *content* and the view number;
 * the record's place in the file plays no part, so adding or removing other records changes no view.
 *
 * @param augmentations applied in this order to the plain view, all from one random stream
 * @param original size of the images that come without a frame of their own
 */
export function viewsOf(
  augmentations: readonly NamedAugmentation[],
  original: ImageSize,
  rng: CreateContext["rng"],
): ViewOf {
  const whole: Frame = { original, plain: plainView };
  if (augmentations.length === 0) return (_digest, _view, frame = whole) => frame.plain;
  return (recordDigest, view, frame = whole, without = []) => {
    const high = Number.parseInt(recordDigest.slice(0, 8), 16);
    const low = Number.parseInt(recordDigest.slice(8, 16), 16);
    const stream = rng("views", high, low, view);
    return augmentations
      .filter(({ use }) => use === undefined || !without.includes(use))
      .reduce((made, augmentation) => augmentation.describe(made, stream, frame.original), frame.plain);
  };
}

/**
 * Whether any of the augmentations mixes two samples.
 *
 * @throws KDF_PLAN_OPTIONS for one that lays photos on a canvas: what it shows of them has no single label
 */
export function mixesSamples(augment: readonly ProviderUse[], context: Pick<PlanContext, "lookup">): boolean {
  const place = augment.findIndex((use) => context.lookup("augmentations", use).canvas !== undefined);
  if (place >= 0) {
    throw new KdflowError("KDF_PLAN_OPTIONS", `the augmentation "${augment[place]?.use}" is for data with boxes`, {
      option: `/augment/${place}`,
      hint: "images of one class each have random-resized-crop, mixup and cutmix",
    });
  }
  return augment.some((use) => context.lookup("augmentations", use).mixes === true);
}

/** What data of one label each says of its augmentations while planning. @throws as `mixesSamples` */
export function augmentFacts(
  augment: readonly ProviderUse[],
  context: Pick<PlanContext, "lookup">,
): Pick<Description, "mixes" | "augmentations"> {
  return { mixes: mixesSamples(augment, context), augmentations: augment.map(({ use }) => use) };
}

/** Most photos that one view shows: up to four on a canvas, twice that where two are mixed. */
export function photosPerView(augment: readonly ProviderUse[], context: Pick<PlanContext, "lookup">): number {
  const providers = augment.map((use) => context.lookup("augmentations", use));
  const onCanvas = Math.max(1, ...providers.map(({ canvas = 1 }) => canvas));
  return onCanvas * (providers.some(({ mixes }) => mixes === true) ? 2 : 1);
}

/** What views have to know of a split. */
export interface ViewedSplit {
  readonly digests: readonly string[];
  /** What a sample's views start from; left out where all have the size that `viewOf` was made with. */
  frameOf?(index: number): Frame;
}

/** The rings of partners that give the tiles right above, left below and right below. */
const tileRings = [1, 2, 3];

/**
 * The views of a whole dataset, with the tiles of those that lay four photos on a canvas, and the partners of those that
 * mix: each from the records of its own split, in its own view of the same number, mixed with nobody else.
 */
export function datasetViews(
  viewOf: ViewOf,
  splits: Readonly<Record<SplitName, ViewedSplit>>,
  rng: CreateContext["rng"],
): Dataset["view"] {
  const partners: Partial<Record<SplitName, PartnerOf>> = {};
  return (name, index, view, without) => {
    const split = splits[name];
    const made = (at: number): Made => {
      const digest = split.digests[at];
      if (digest === undefined) throw new KdflowError("KDF_INTERNAL", `split ${name} has no sample ${at}`);
      return { index: at, digest, view: viewOf(digest, view, split.frameOf?.(at), without) };
    };
    const partnerOf = (digest: string, ring: number): Made => {
      partners[name] ??= partnersOf(split.digests, rng);
      return made(partners[name](digest, view, ring));
    };
    const tiled = ({ digest, view: own }: Made): View => {
      if (own.scene?.meet === undefined) return own;
      const tiles = tileRings.map((ring): Partner => {
        const tile = partnerOf(digest, ring);
        const { left, top, width, height, flip } = tile.view;
        return { ...tile, view: { left, top, width, height, flip } };
      });
      return { ...own, tiles };
    };
    const own = made(index);
    if (own.view.mix === undefined) return tiled(own);
    const partner = partnerOf(own.digest, 0);
    const { mix: _mix, ...alone } = tiled(partner);
    return { ...tiled(own), partner: { ...partner, view: alone } };
  };
}

interface Made extends Partner {
  readonly view: View;
}

/** A view's photos in the order of their placements: the sample's own and its tiles, then the partner and its tiles. */
export function photosOf(index: number, view: View): readonly Omit<Partner, "digest">[] {
  const { tiles = [], partner } = view;
  return [{ index, view }, ...tiles, ...(partner === undefined ? [] : photosOf(partner.index, partner.view))];
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
