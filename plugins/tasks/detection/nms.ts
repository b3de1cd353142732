import { sortByScore } from "./by-class.ts";
import { iou } from "./iou.ts";

/** Boxes of one image that may stand for the same things several times. */
export interface Candidates {
  /** `[candidates, 4]`: left, top, right, bottom, in any one unit. */
  readonly corners: Float64Array;
  /** `[candidates]` */
  readonly classes: Int32Array;
  /** `[candidates]` */
  readonly scores: Float64Array;
}

export interface NmsOptions {
  /** Candidates count above this score. */
  readonly scoreThreshold: number;
  /** A candidate falls to a surer one of its class above this IoU. */
  readonly iouThreshold: number;
  /** Boxes that are left at most, the surest of all classes together. */
  readonly maxDetections: number;
  /** Candidates that are looked at at most, the surest of them. */
  readonly maxCandidates: number;
}

/** The settings with which YOLO detectors are scored. */
export const nmsDefaults: NmsOptions = {
  scoreThreshold: 0.001,
  iouThreshold: 0.65,
  maxDetections: 300,
  maxCandidates: 30_000,
};

/**
 * Non-maximum suppression within each class: by falling score, a candidate is kept unless one of its class that was
 * kept before overlaps it by more than `iouThreshold`. Of equal scores the earlier row comes first, so that the same
 * candidates give the same boxes everywhere; no time limit cuts it short.
 *
 * Costs candidates × `maxDetections` comparisons at most.
 *
 * @returns rows of the candidates that are kept, by falling score
 */
export function suppress({ corners, classes, scores }: Candidates, options: NmsOptions = nmsDefaults): Uint32Array {
  const sure: number[] = [];
  scores.forEach((score, row) => {
    if (score > options.scoreThreshold) sure.push(row);
  });
  const order = Uint32Array.from(sure);
  sortByScore(order, scores);
  const kept: number[] = [];
  const keptOfClass = new Map<number, number[]>();
  for (const row of order.subarray(0, options.maxCandidates)) {
    if (kept.length >= options.maxDetections) break;
    const id = classes[row] as number;
    const rivals = keptOfClass.get(id) ?? [];
    if (rivals.some((rival) => iou(corners, rival, corners, row) > options.iouThreshold)) continue;
    kept.push(row);
    rivals.push(row);
    keptOfClass.set(id, rivals);
  }
  return Uint32Array.from(kept);
}
