import type { PyramidLevel } from "../../../core/index.ts";

export type Anchor = readonly [width: number, height: number];
export type Anchors = Readonly<Record<PyramidLevel, readonly Anchor[]>>;

/** Those of YOLOv7-tiny and YOLOv5, in pixels of an input of 640, whatever the input. */
export const defaultAnchors: Anchors = {
  p3: [
    [10, 13],
    [16, 30],
    [33, 23],
  ],
  p4: [
    [30, 61],
    [62, 45],
    [59, 119],
  ],
  p5: [
    [116, 90],
    [156, 198],
    [373, 326],
  ],
};
