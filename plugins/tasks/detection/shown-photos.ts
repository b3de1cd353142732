import { type ImageSize, plainView, type View } from "../../../core/index.ts";
import { photosOf as photosInView } from "../../data/views/views.ts";
import type { DetectionTruth } from "./detection-truth.ts";
import type { Placement } from "./placement.ts";
import { placements } from "./placements.ts";
import { viewerOf } from "./viewer.ts";

/** A photo of a view, and how it lies on the canvas of whoever looks. */
export interface ShownPhoto {
  /** Its place in the split. */
  readonly image: number;
  readonly original: ImageSize;
  readonly placement: Placement;
}

/** The photos of a view: the one source of what boxes are moved by, those of the truth and those of a teacher. */
export function shownPhotos(
  index: number,
  view: View | undefined,
  { sizes }: Pick<DetectionTruth, "sizes">,
  imageSize: ImageSize,
): readonly ShownPhoto[] {
  const images = photosOf(index, view);
  const originals = images.map((image) => originalOf({ sizes }, image));
  return placements(view ?? plainView, originals, viewerOf(imageSize)).map((placement, place) => ({
    image: images[place] ?? -1,
    original: originals[place] ?? imageSize,
    placement,
  }));
}

/** Places of a view's photos in the split: the sample's own, then those of others. */
export function photosOf(index: number, view: View | undefined): readonly number[] {
  return photosInView(index, view ?? plainView).map((photo) => photo.index);
}

/** Size of an upright photo. */
export function originalOf({ sizes }: Pick<DetectionTruth, "sizes">, image: number): ImageSize {
  return { height: sizes[image * 2] ?? 0, width: sizes[image * 2 + 1] ?? 0, channels: 3 };
}
