/**
 * The boxes of a list of images, ragged: image `i` has boxes `offsets[i]` up to, not including, `offsets[i + 1]`.
 *
 * Corners are in pixels of the upright image (turned as its EXIF orientation says), continuous and half-open: a box
 * around the whole of a photo of 640 × 480 is [0, 0, 640, 480].
 */
export interface Boxes {
  /** `[images + 1]`, the first 0, never falling. */
  readonly offsets: Uint32Array;
  /** `[boxes, 4]`: left, top, right, bottom. */
  readonly corners: Float64Array;
  /** `[boxes]`, index into the class names. */
  readonly classes: Int32Array;
  /** `[boxes]`, area in square pixels as the labels give it: of the mask where there is one, else of the box. */
  readonly areas: Float64Array;
  /** `[boxes]`, bits of {@link boxFlags}. */
  readonly flags: Uint8Array;
}

/** Bits of `Boxes.flags`; `unlabelled` beside `crowd` at the one box, over all of it, of a photo without labels. */
export const boxFlags: { readonly crowd: 1; readonly difficult: 2; readonly unlabelled: 4 } = {
  crowd: 1,
  difficult: 2,
  unlabelled: 4,
};

/** One box on its way into {@link Boxes}. */
export interface Box {
  readonly corners: readonly [left: number, top: number, right: number, bottom: number];
  readonly class: number;
  /** Left out: width · height. */
  readonly area?: number | undefined;
  /** Left out: none. */
  readonly flags?: number | undefined;
}

/** Packs the boxes of each image, in order. */
export function packBoxes(images: readonly (readonly Box[])[]): Boxes {
  const count = images.reduce((sum, boxes) => sum + boxes.length, 0);
  const packed: Boxes = {
    offsets: new Uint32Array(images.length + 1),
    corners: new Float64Array(count * 4),
    classes: new Int32Array(count),
    areas: new Float64Array(count),
    flags: new Uint8Array(count),
  };
  let at = 0;
  images.forEach((boxes, image) => {
    for (const box of boxes) {
      const [left, top, right, bottom] = box.corners;
      packed.corners.set(box.corners, at * 4);
      packed.classes[at] = box.class;
      packed.areas[at] = box.area ?? (right - left) * (bottom - top);
      packed.flags[at] = box.flags ?? 0;
      at++;
    }
    packed.offsets[image + 1] = at;
  });
  return packed;
}

/** The boxes of the images named, in the order in which they are named; an image may be named twice. */
export function selectBoxes(boxes: Boxes, images: ArrayLike<number>): Boxes {
  const offsets = new Uint32Array(images.length + 1);
  const rows: number[] = [];
  for (let at = 0; at < images.length; at++) {
    const [from, to] = rangeOf(boxes, images[at] as number);
    for (let row = from; row < to; row++) rows.push(row);
    offsets[at + 1] = rows.length;
  }
  return pickRows(boxes, rows, offsets);
}

/** The boxes that a test holds for, images kept where none of theirs is left. */
export function filterBoxes(boxes: Boxes, keep: (row: number) => boolean): Boxes {
  const offsets = new Uint32Array(boxes.offsets.length);
  const rows: number[] = [];
  for (let image = 0; image + 1 < boxes.offsets.length; image++) {
    const [from, to] = rangeOf(boxes, image);
    for (let row = from; row < to; row++) if (keep(row)) rows.push(row);
    offsets[image + 1] = rows.length;
  }
  return pickRows(boxes, rows, offsets);
}

/** First and end row of an image. */
export function rangeOf({ offsets }: Pick<Boxes, "offsets">, image: number): readonly [from: number, to: number] {
  return [offsets[image] ?? 0, offsets[image + 1] ?? 0];
}

/**
 * Boxes of their own from rows of others.
 *
 * @param offsets where each image begins in `rows`
 */
export function pickRows(boxes: Boxes, rows: readonly number[], offsets: Uint32Array): Boxes {
  const corners = new Float64Array(rows.length * 4);
  rows.forEach((row, at) => {
    corners.set(boxes.corners.subarray(row * 4, row * 4 + 4), at * 4);
  });
  return {
    offsets,
    corners,
    classes: Int32Array.from(rows, (row) => boxes.classes[row] as number),
    areas: Float64Array.from(rows, (row) => boxes.areas[row] as number),
    flags: Uint8Array.from(rows, (row) => boxes.flags[row] as number),
  };
}
