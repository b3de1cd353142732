import type { Boxes } from "./boxes.ts";
import type { Detections } from "./detections.ts";

/** Ground truth as the evaluation needs it. */
export interface CocoTruth extends Boxes {
  /** `[boxes]`, width · height; `areas` beside it are those of the labels, and decide small, medium and large. */
  readonly boxAreas: Float64Array;
}

/** Detections as the evaluation needs them. */
export interface CocoDetections extends Detections {
  /** `[detections]`, width · height. */
  readonly boxAreas: Float64Array;
}

/** An area range in square pixels, both ends within it. */
export interface AreaRange {
  readonly name: "all" | "small" | "medium" | "large";
  readonly from: number;
  readonly to: number;
}

/** Ten values from `from` in equal steps, each rounded as NumPy's `linspace` rounds it. */
function steps(from: number, to: number, count: number): readonly number[] {
  const step = (to - from) / (count - 1);
  return Array.from({ length: count }, (_, at) => (at === count - 1 ? to : at * step + from));
}

/** The fixed numbers of COCO's evaluation. */
export const cocoRules: {
  readonly thresholds: readonly number[];
  readonly recalls: readonly number[];
  readonly limits: readonly [one: number, ten: number, all: number];
  readonly areaRanges: readonly AreaRange[];
} = {
  thresholds: steps(0.5, 0.95, 10),
  recalls: steps(0, 1, 101),
  /** Detections of an image and class that are counted. */
  limits: [1, 10, 100],
  areaRanges: [
    { name: "all", from: 0, to: 1e10 },
    { name: "small", from: 0, to: 32 ** 2 },
    { name: "medium", from: 32 ** 2, to: 96 ** 2 },
    { name: "large", from: 96 ** 2, to: 1e10 },
  ],
};

/** Adds the areas of the boxes, as their corners say. */
export function withBoxAreas<T extends { readonly corners: Float64Array }>(
  boxes: T,
): T & { readonly boxAreas: Float64Array } {
  const { corners } = boxes;
  const boxAreas = Float64Array.from({ length: corners.length / 4 }, (_, row) => {
    const width = (corners[row * 4 + 2] as number) - (corners[row * 4] as number);
    return width * ((corners[row * 4 + 3] as number) - (corners[row * 4 + 1] as number));
  });
  return { ...boxes, boxAreas };
}
