/** What a detector found in a list of images, ragged as {@link import("./boxes.ts").Boxes} are. */
export interface Detections {
  /** `[images + 1]` */
  readonly offsets: Uint32Array;
  /** `[detections, 4]`: left, top, right, bottom in pixels of the upright image. */
  readonly corners: Float64Array;
  /** `[detections]` */
  readonly classes: Int32Array;
  /** `[detections]`, higher is surer; never NaN. */
  readonly scores: Float64Array;
}

/** One detection on its way into {@link Detections}. */
export interface Detection {
  readonly corners: readonly [left: number, top: number, right: number, bottom: number];
  readonly class: number;
  readonly score: number;
}

/** Packs the detections of each image, in order. */
export function packDetections(images: readonly (readonly Detection[])[]): Detections {
  const count = images.reduce((sum, found) => sum + found.length, 0);
  const packed: Detections = {
    offsets: new Uint32Array(images.length + 1),
    corners: new Float64Array(count * 4),
    classes: new Int32Array(count),
    scores: new Float64Array(count),
  };
  let at = 0;
  images.forEach((found, image) => {
    for (const { corners, class: id, score } of found) {
      packed.corners.set(corners, at * 4);
      packed.classes[at] = id;
      packed.scores[at] = score;
      at++;
    }
    packed.offsets[image + 1] = at;
  });
  return packed;
}
