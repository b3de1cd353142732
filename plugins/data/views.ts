import { createHash } from "node:crypto";
import {
  type Augmentation,
  type CreateContext,
  type ImageSize,
  type ProviderUse,
  plainView,
  type View,
} from "../../core/index.ts";

/** What a record's views start from. */
export interface Frame {
  /** Size of the image itself. */
  readonly original: ImageSize;
  /** The view without any augmentation: how the image is fitted. */
  readonly plain: View;
}

/** Makes the seeded view of a record; where records differ in size, each comes with its own frame. */
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
    const { left, top, width, height, flip } = viewOf(probe.toString(16).padStart(8, "0").repeat(8), probe % 8);
    hash.update(JSON.stringify([left, top, width, height, flip]));
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
