import { type BestF1, bestF1, noBestF1 } from "./best-f1.ts";
import { groupByClass, sortByScore } from "./by-class.ts";
import { type ClassMatches, matchClass } from "./coco-matching.ts";
import { type CocoDetections, type CocoTruth, cocoRules } from "./coco-rules.ts";

/** COCO's twelve numbers, each 0 … 1, or −1 where there is nothing to average. */
export const cocoMetricNames = [
  "AP",
  "AP50",
  "AP75",
  "APsmall",
  "APmedium",
  "APlarge",
  "AR1",
  "AR10",
  "AR100",
  "ARsmall",
  "ARmedium",
  "ARlarge",
] as const;

export type CocoMetrics = Readonly<Record<(typeof cocoMetricNames)[number], number>>;

export interface CocoScores {
  readonly metrics: CocoMetrics;
  /** `[classes]`, over all thresholds and areas; −1 for a class without boxes. */
  readonly perClassAP: Float64Array;
  /** `[classes]`, at IoU 0.5; −1 for a class without boxes. */
  readonly perClassAP50: Float64Array;
  /** `[classes]`, at IoU 0.5: precision and recall at the score where F1 is highest. */
  readonly bestF1: readonly BestF1[];
}

const { thresholds, recalls, limits, areaRanges } = cocoRules;
const [limitOfOne, limitOfTen, limitOfAll] = limits;
/** NumPy's `spacing(1)`, which keeps 0 / 0 away. */
const epsilon = 2 ** -52;
const at50 = 0;
const at75 = 5;

/**
 * COCO's box evaluation, equal to pycocotools 2.0.11: average precision over ten IoU thresholds and 101 recalls, and
 * average recall. Images are taken in the order given, which decides between detections of equal score; pycocotools
 * takes them by rising id.
 *
 * Where no class has a box in an area range, its numbers are −1. A class without boxes is left out of the means, so
 * its detections cost nothing; in an image without boxes of a class that others have, they are false.
 *
 * @param truth `classes` outside 0 … classCount − 1 are left out, as are those of `detections`
 * @see Lin et al. 2014, "Microsoft COCO", arXiv 1405.0312
 */
export function scoreCoco(truth: CocoTruth, detections: CocoDetections, classCount: number): CocoScores {
  const truthByClass = groupByClass(truth, classCount);
  const detectionsByClass = groupByClass(detections, classCount);
  const precision = areaRanges.map(() => new Mean());
  const precision50 = new Mean();
  const precision75 = new Mean();
  const recall = areaRanges.map(() => new Mean());
  const recallOfOne = new Mean();
  const recallOfTen = new Mean();
  const perClassAP = new Float64Array(classCount).fill(-1);
  const perClassAP50 = new Float64Array(classCount).fill(-1);
  const best: BestF1[] = [];
  for (let id = 0; id < classCount; id++) {
    const matches = matchClass(truth, truthByClass, detections, detectionsByClass, id, limitOfAll);
    const order = Uint32Array.from(matches.rows, (_, place) => place);
    sortByScore(
      order,
      Float64Array.from(matches.rows, (row) => detections.scores[row] as number),
    );
    areaRanges.forEach(({ name }, range) => {
      const positives = matches.positives[range] as number;
      if (positives === 0) return;
      const curves = thresholds.map((_, threshold) => interpolate(matches, order, range, threshold, positives));
      for (const { precision: average, recall: reached } of curves) {
        precision[range]?.add(average);
        recall[range]?.add(reached);
      }
      if (name !== "all") return;
      perClassAP[id] = curves.reduce((sum, curve) => sum + curve.precision, 0) / thresholds.length;
      perClassAP50[id] = curves[at50]?.precision ?? -1;
      precision50.add(curves[at50]?.precision ?? 0);
      precision75.add(curves[at75]?.precision ?? 0);
      for (let threshold = 0; threshold < thresholds.length; threshold++) {
        recallOfOne.add(countTrue(matches, threshold, limitOfOne) / positives);
        recallOfTen.add(countTrue(matches, threshold, limitOfTen) / positives);
      }
    });
    best.push(
      matches.positives[0] === 0
        ? noBestF1
        : bestF1(classPoints(matches, order, detections), matches.positives[0] ?? 0),
    );
  }
  const [all, small, medium, large] = precision.map((mean) => mean.value);
  const [allRecall, smallRecall, mediumRecall, largeRecall] = recall.map((mean) => mean.value);
  return {
    metrics: {
      AP: all ?? -1,
      AP50: precision50.value,
      AP75: precision75.value,
      APsmall: small ?? -1,
      APmedium: medium ?? -1,
      APlarge: large ?? -1,
      AR1: recallOfOne.value,
      AR10: recallOfTen.value,
      AR100: allRecall ?? -1,
      ARsmall: smallRecall ?? -1,
      ARmedium: mediumRecall ?? -1,
      ARlarge: largeRecall ?? -1,
    },
    perClassAP,
    perClassAP50,
    bestF1: best,
  };
}

/** A mean, −1 of nothing. */
class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
  }

  get value(): number {
    return this.#count === 0 ? -1 : this.#sum / this.#count;
  }
}

/**
 * Mean precision over the 101 recalls, and the recall that is reached. The precision at a recall is the highest at it
 * or beyond; only true detections raise precision or recall, so the curve is kept at those alone.
 */
function interpolate(
  matches: ClassMatches,
  order: Uint32Array,
  range: number,
  threshold: number,
  positives: number,
): { readonly precision: number; readonly recall: number } {
  const matched = matches.matched[range] as Uint16Array;
  const ignored = matches.ignored[range] as Uint16Array;
  const bit = 1 << threshold;
  const curve: number[] = []; // precision at each true detection
  let falseCount = 0;
  for (const place of order) {
    if (((ignored[place] as number) & bit) !== 0) continue;
    if (((matched[place] as number) & bit) === 0) falseCount++;
    else curve.push((curve.length + 1) / (falseCount + curve.length + 1 + epsilon));
  }
  for (let at = curve.length - 2; at >= 0; at--) {
    if ((curve[at + 1] as number) > (curve[at] as number)) curve[at] = curve[at + 1] as number;
  }
  let sum = 0;
  let at = 0;
  for (const recall of recalls) {
    while (at < curve.length && (at + 1) / positives < recall) at++;
    if (at === curve.length) break;
    sum += curve[at] as number;
  }
  return { precision: sum / recalls.length, recall: curve.length / positives };
}

/** True detections of all areas among the first `limit` of each image. */
function countTrue({ matched, ignored, ranks }: ClassMatches, threshold: number, limit: number): number {
  const bit = 1 << threshold;
  let count = 0;
  for (let place = 0; place < ranks.length; place++) {
    if ((ranks[place] as number) >= limit) continue;
    const isTrue = ((matched[0]?.[place] ?? 0) & ~(ignored[0]?.[place] ?? 0) & bit) !== 0;
    if (isTrue) count++;
  }
  return count;
}

/** Detections by falling score at IoU 0.5, without those that count neither way. */
function* classPoints(
  { matched, ignored, rows }: ClassMatches,
  order: Uint32Array,
  { scores }: CocoDetections,
): Generator<{ readonly score: number; readonly isTrue: boolean }> {
  for (const place of order) {
    if (((ignored[0]?.[place] ?? 0) & 1) !== 0) continue;
    yield { score: scores[rows[place] as number] as number, isTrue: ((matched[0]?.[place] ?? 0) & 1) !== 0 };
  }
}
