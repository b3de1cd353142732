/** A rectangle in fractions of the sides of an image; within it, 0 ≤ left, left + width ≤ 1, unless something else is said. */
export interface RelativeBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * One change to the pixels of a view, made at the size at which it is rendered. Values are of the range 0 … 255;
 * lengths are fractions of the rendered image's sides.
 *
 * - `brightness`, `contrast`, `saturation`, `sharpness`: away from black, the mean grey, the grey image, the blurred
 *   image by `factor`, 1 = unchanged. `saturation` and `hue` leave images without colours alone.
 * - `hsv`: hue, saturation and value times a factor each, hue going round; values alone where there are no colours.
 * - `hue`: turns the colour circle by `turn` of it, −0.5 … 0.5.
 * - `posterize`: keeps the upper `bits` of 8. `solarize`: inverts values from `threshold` on.
 * - `autocontrast`: stretches each channel to 0 … 255. `equalize`: evens out each channel's histogram.
 * - `shear`: each row moves left by `x` pixels more than the row above it, each column up by `y` more than the one
 *   before; the top left corner stays. `translate`: to the right by `x` of the width and down by `y` of the height, cut
 *   to whole pixels. `rotate`: counter-clockwise about the middle. All three take the nearest pixel, zero outside.
 * - `erase`: fills the box with one value; pixels that it covers in part are mixed by their covered area.
 */
export type PixelEdit =
  | { readonly op: "brightness"; readonly factor: number }
  | { readonly op: "contrast"; readonly factor: number }
  | { readonly op: "saturation"; readonly factor: number }
  | { readonly op: "sharpness"; readonly factor: number }
  | { readonly op: "hsv"; readonly hue: number; readonly saturation: number; readonly value: number }
  | { readonly op: "hue"; readonly turn: number }
  | { readonly op: "posterize"; readonly bits: number }
  | { readonly op: "solarize"; readonly threshold: number }
  | { readonly op: "autocontrast" }
  | { readonly op: "equalize" }
  | { readonly op: "shear"; readonly x: number; readonly y: number }
  | { readonly op: "translate"; readonly x: number; readonly y: number }
  | { readonly op: "rotate"; readonly degrees: number }
  | { readonly op: "erase"; readonly box: RelativeBox; readonly fill: number };

/**
 * How a second sample enters a view. `share` is the first sample's, 0 … 1: of its label, and of the image.
 *
 * - `blend`: share · first + (1 − share) · second, everywhere.
 * - `paste`: the second sample inside the box, 1 − share = width · height of it. At every rendered size the pasted area
 *   is exactly that, because pixels that the box covers in part are mixed by their covered area.
 */
export type Mix =
  | { readonly kind: "blend"; readonly share: number }
  | { readonly kind: "paste"; readonly share: number; readonly box: RelativeBox };

/** How photos with boxes lie on the canvas of whoever looks, in fractions of its sides; what no photo covers is filled. */
export interface Scene {
  /** What is shown of the canvas: more than all of it, or beside it, where the view reaches outside. */
  readonly shown: RelativeBox;
  /** Where four photos meet, each fitted into a canvas of its own: the sample's left above, its tiles right above, left below, right below. */
  readonly meet?: readonly [x: number, y: number];
}

/** A view of one sample: geometry, then edits in their order; alone, or with three others as tiles around it. */
export interface SoloView {
  /** Left and top edge of the crop, 0 = the image's own edge. Negative values reach outside, filled with zero. */
  readonly left: number;
  readonly top: number;
  /** Size of the crop, 1 = the whole image. */
  readonly width: number;
  readonly height: number;
  /** Mirror left to right after cropping. */
  readonly flip: boolean;
  /** Made one after the other on the cropped image at the rendered size; none where left out. */
  readonly edits?: readonly PixelEdit[];
  /** Drawn by an augmentation of data with boxes; edits are then made on the whole canvas. */
  readonly scene?: Scene;
  /** Three, chosen by the dataset; there whenever `scene.meet` is. Of their views crop and flip alone count. */
  readonly tiles?: readonly Partner[];
}

/** Another sample in a view. */
export interface Partner {
  /** Its place in the split that the view is of. */
  readonly index: number;
  /** Its record's digest. */
  readonly digest: string;
  /** Its own view of the same number, without a mix; it may have tiles of its own. */
  readonly view: SoloView;
}

/**
 * One view of one sample, in relative coordinates: plain data that can be cloned into a worker. Applied in the order of
 * the fields: crop, flip, scene, edits, and the mix last, whatever the order of the augmentations that described them.
 */
export interface View extends SoloView {
  /** Drawn by an augmentation; left out where the sample stands alone. */
  readonly mix?: Mix;
  /** Chosen by the dataset; there whenever `mix` is. */
  readonly partner?: Partner;
}

export const plainView: View = { left: 0, top: 0, width: 1, height: 1, flip: false };
