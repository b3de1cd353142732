import type { Fit, ImageSize, View } from "../../../core/index.ts";
import type { PhotoSize, PhotoSource } from "./decode-photo.ts";
import type { PhotoHash } from "./near-copies.ts";

/** One view to render, into `size` bytes of the shared buffer from `at` on. */
export interface RenderItem {
  /** The view's photos: the sample's own, then others in the order of {@link photosOf}. */
  readonly sources: readonly PhotoSource[];
  readonly view: View;
  /** How the photo comes onto the canvas where placements decide it; left out where the view says all. */
  readonly fit?: Fit;
  readonly at: number;
}

/** One photo to decode at its packed size, into the shared buffer from `at` on. */
export interface DecodeItem extends PhotoSize {
  readonly path: string;
  readonly at: number;
}

/** What a worker is told to do; memory is shared, everything else is copied. */
export type PhotoTask =
  | {
      readonly kind: "render";
      readonly size: ImageSize;
      readonly shared: SharedArrayBuffer;
      readonly items: readonly RenderItem[];
    }
  | { readonly kind: "decode"; readonly shared: SharedArrayBuffer; readonly items: readonly DecodeItem[] }
  | { readonly kind: "check"; readonly paths: readonly string[] };

export interface PhotoRequest {
  readonly id: number;
  readonly task: PhotoTask;
}

/** A photo's size and what it looks like, or why it does not decode. */
export type CheckedPhoto = (PhotoSize & { readonly hash: PhotoHash | undefined }) | { readonly reason: string };

/** What a worker answers. A `check` gives one result per path; the others nothing. */
export type PhotoReply =
  | { readonly id: number; readonly checked: readonly CheckedPhoto[] }
  | { readonly id: number; readonly failed: { readonly path: string; readonly reason: string } };
