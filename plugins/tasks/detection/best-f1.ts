/** Precision, recall and F1 of a class where F1 is highest. */
export interface BestF1 {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Detections of this score and above are counted. */
  readonly threshold: number;
}

/** Of a class without boxes: −1 throughout, as COCO's numbers say it. */
export const noBestF1: BestF1 = { precision: -1, recall: -1, f1: -1, threshold: -1 };

/**
 * The score threshold of highest F1 = 2 · true / (detections + positives), of equal ones the highest. Detections of
 * equal score are taken all or none, because no threshold parts them.
 *
 * @param points by falling score
 * @param positives boxes to be found, at least 1
 * @returns zeros and a threshold of 1 where no detection is true
 */
export function bestF1(
  points: Iterable<{ readonly score: number; readonly isTrue: boolean }>,
  positives: number,
): BestF1 {
  let best: BestF1 = { precision: 0, recall: 0, f1: 0, threshold: 1 };
  let trueCount = 0;
  let count = 0;
  let score = Number.POSITIVE_INFINITY;
  const settle = (): void => {
    const f1 = (2 * trueCount) / (count + positives);
    if (f1 > best.f1) best = { precision: trueCount / count, recall: trueCount / positives, f1, threshold: score };
  };
  for (const point of points) {
    if (count > 0 && point.score < score) settle();
    score = point.score;
    count++;
    if (point.isTrue) trueCount++;
  }
  settle();
  return best;
}
