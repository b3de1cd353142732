import { type BestF1, bestF1, noBestF1 } from "./best-f1.ts";
import type { Boxes } from "./boxes.ts";
import { groupByClass, sortByScore } from "./by-class.ts";
import type { Detections } from "./detections.ts";
import { iou } from "./iou.ts";

/** `voc07`: the mean of precision at 11 recalls. `voc`: the area under the curve, as from 2010 on. */
export type VocProtocol = "voc07" | "voc";

export interface VocScores {
  /** Mean over the classes that have boxes; −1 without any. */
  readonly AP50: number;
  /** `[classes]`, −1 for a class without boxes that count. */
  readonly perClassAP50: Float64Array;
  /** `[classes]` */
  readonly bestF1: readonly BestF1[];
}

/** A detection has to overlap by more than this. */
const threshold = 0.5;

/**
 * Average precision as Pascal VOC's published Python evaluation counts it. By falling score each detection of a class
 * looks at the box of highest IoU in its image, free or not. Not above 0.5: false. A difficult box: not counted.
 * A box found before: false. There is no limit of detections per image.
 *
 * VOC's corners are whole pixels, both within the box, so its sides are x₂ − x₁ + 1. Corners here are half-open
 * (xmin − 1, ymin − 1, xmax, ymax): the same sides are right − left, and no 1 is added. Crowds count as difficult.
 *
 * @see Everingham et al. 2010, "The Pascal Visual Object Classes Challenge", §4.2
 */
export function scoreVoc(truth: Boxes, detections: Detections, classCount: number, protocol: VocProtocol): VocScores {
  const truthByClass = groupByClass(truth, classCount);
  const found = groupByClass(detections, classCount);
  const perClassAP50 = new Float64Array(classCount).fill(-1);
  const best: BestF1[] = [];
  for (let id = 0; id < classCount; id++) {
    const boxes = truthByClass.rows.subarray(truthByClass.starts[id], truthByClass.starts[id + 1]);
    const positives = boxes.reduce((count, row) => count + (truth.flags[row] === 0 ? 1 : 0), 0);
    if (positives === 0) {
      best.push(noBestF1);
      continue;
    }
    const rows = found.rows.slice(found.starts[id], found.starts[id + 1]);
    sortByScore(rows, detections.scores);
    const points = judge(truth, firstOfImages(boxes, truthByClass.images), detections, rows, found.images);
    perClassAP50[id] = averagePrecision(
      points.map(({ isTrue }) => isTrue),
      positives,
      protocol,
    );
    best.push(bestF1(points, positives));
  }
  const scored = perClassAP50.filter((precision) => precision >= 0);
  return {
    AP50: scored.length === 0 ? -1 : scored.reduce((sum, precision) => sum + precision, 0) / scored.length,
    perClassAP50,
    bestF1: best,
  };
}

function firstOfImages(rows: Uint32Array, images: Uint32Array): ReadonlyMap<number, number[]> {
  const byImage = new Map<number, number[]>();
  for (const row of rows) {
    const image = images[row] as number;
    const own = byImage.get(image);
    if (own === undefined) byImage.set(image, [row]);
    else own.push(row);
  }
  return byImage;
}

interface Point {
  readonly score: number;
  readonly isTrue: boolean;
}

function judge(
  truth: Boxes,
  boxes: ReadonlyMap<number, readonly number[]>,
  detections: Detections,
  rows: Uint32Array,
  images: Uint32Array,
): Point[] {
  const points: Point[] = [];
  const taken = new Set<number>();
  for (const row of rows) {
    let best = threshold;
    let chosen = -1;
    for (const box of boxes.get(images[row] as number) ?? []) {
      const overlap = iou(truth.corners, box, detections.corners, row);
      if (overlap <= best) continue;
      best = overlap;
      chosen = box;
    }
    if (chosen >= 0 && truth.flags[chosen] !== 0) continue;
    points.push({ score: detections.scores[row] as number, isTrue: chosen >= 0 && !taken.has(chosen) });
    if (chosen >= 0) taken.add(chosen);
  }
  return points;
}

/**
 * Average precision of one class from its detections by falling score.
 *
 * @param hits whether each detection is true
 * @param positives boxes to be found, at least 1
 */
export function averagePrecision(hits: readonly boolean[], positives: number, protocol: VocProtocol): number {
  const recalls: number[] = [];
  const precisions: number[] = [];
  let trueCount = 0;
  hits.forEach((isTrue, at) => {
    if (isTrue) trueCount++;
    recalls.push(trueCount / positives);
    precisions.push(trueCount / (at + 1));
  });
  return protocol === "voc07" ? elevenPoints(recalls, precisions) : areaUnder(recalls, precisions);
}

/** The mean over recalls 0, 0.1 … 1 of the highest precision at that recall or beyond. */
export function elevenPoints(recalls: readonly number[], precisions: readonly number[]): number {
  let sum = 0;
  for (let step = 0; step <= 10; step++) {
    // 3 · 0.1 is a little above 0.3, here as in the published code
    const from = step * 0.1;
    sum += precisions.reduce(
      (most, precision, at) => ((recalls[at] ?? 0) >= from ? Math.max(most, precision) : most),
      0,
    );
  }
  return sum / 11;
}

/** The area under the curve made falling: Σ Δrecall · the highest precision at that recall or beyond. */
export function areaUnder(recalls: readonly number[], precisions: readonly number[]): number {
  let area = 0;
  let highest = 0;
  for (let at = recalls.length - 1; at >= 0; at--) {
    highest = Math.max(highest, precisions[at] ?? 0);
    area += ((recalls[at] ?? 0) - (recalls[at - 1] ?? 0)) * highest;
  }
  return area;
}
