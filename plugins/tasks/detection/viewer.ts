import type { ImageSize } from "../../../core/index.ts";

/** Keeps the sides' ratio; what is left of the canvas is filled. */
export interface Letterbox {
  /** Where the photo lies: in the middle (the spare pixel right and below), or in the corner. */
  readonly letterbox: "centre" | "top-left";
  /** Value of every channel where no photo is, 0 … 255. */
  readonly fill: number;
  /** Whether photos smaller than the canvas grow. */
  readonly enlarge: boolean;
  /** How the photo's fitted sides become whole pixels. */
  readonly rounding: "round" | "trunc";
}

/**
 * How a photo comes onto a canvas: with its sides stretched, with its centre as large as fits, or whole with its ratio
 * kept.
 */
export type Fit = "stretch" | "crop" | Letterbox;

/** Whoever looks at photos: a network with the size and the fit of its input. Teacher and student may differ. */
export interface Viewer {
  readonly size: ImageSize;
  readonly fit: Fit;
}
