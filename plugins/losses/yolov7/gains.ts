/** Stride of `studentP3`. */
export const finestStride = 8;
/** What the gains are meant for. */
const usual = { classes: 80, side: 640 };

export interface Gains {
  readonly box: number;
  readonly class: number;
  readonly objectness: number;
}

/** Gains as they are used: classes fewer than COCO's and smaller images weigh less, unless the user says otherwise. */
export function gainsOf(
  { box, class: ofClass, objectness, rescale }: Gains & { readonly rescale: boolean },
  classes: number,
  area: number,
): Gains {
  if (!rescale) return { box, class: ofClass, objectness };
  return {
    box,
    class: (ofClass * classes) / usual.classes,
    objectness: (objectness * area) / usual.side ** 2,
  };
}

/** Pixels of the input, by the shape of `studentP3` with the batch. */
export function areaOf([, rows = 0, columns = 0]: readonly number[]): number {
  return rows * columns * finestStride ** 2;
}
