/** Scores of one model on one split; all but `nll` and `ece` are fractions of 1, higher is better. */
export interface ClassificationScores {
  /** Samples whose largest logit is the label's. Of equal logits the lowest class index wins. */
  readonly top1: number;
  /** Samples whose label is among the five largest logits. */
  readonly top5: number;
  /** Mean over classes that occur of the top-1 accuracy within the class. */
  readonly perClass: number;
  /** Mean negative log-likelihood of the label, in nats. */
  readonly nll: number;
  /** Expected calibration error with 15 equal-width bins of the top probability (Guo et al. 2017, arXiv:1706.04599, eq. 3). */
  readonly ece: number;
}

const calibrationBins = 15;

/**
 * Scores logits against labels, in float64.
 *
 * @param logits `[samples, classes]`
 * @param labels class indices, `[samples]`
 */
export function classificationScores(logits: Float32Array, labels: Int32Array, classes: number): ClassificationScores {
  const bins = Array.from({ length: calibrationBins }, () => ({ confidence: 0, hits: 0 }));
  const seen = new Float64Array(classes);
  const hits = new Float64Array(classes);
  let top5 = 0;
  let nll = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const { rank, best, logProbLabel, topProb } = scoreRow(row, label);
    seen[label] = (seen[label] ?? 0) + 1;
    if (best === label) hits[label] = (hits[label] ?? 0) + 1;
    if (rank < 5) top5 += 1;
    nll -= logProbLabel;
    const bin = bins[Math.min(calibrationBins - 1, Math.ceil(topProb * calibrationBins) - 1)];
    if (bin !== undefined) {
      bin.confidence += topProb;
      bin.hits += best === label ? 1 : 0;
    }
  });
  const count = labels.length;
  const occurring = [...seen.keys()].filter((label) => (seen[label] ?? 0) > 0);
  const perClass = sum(occurring.map((label) => (hits[label] ?? 0) / (seen[label] ?? 1))) / occurring.length;
  const ece = sum(bins.map((bin) => Math.abs(bin.hits - bin.confidence))) / count;
  return { top1: sum(hits) / count, top5: top5 / count, perClass, nll: nll / count, ece };
}

/** Fraction of samples on which two models put the same class first. */
export function agreement(ours: Float32Array, theirs: Float32Array, classes: number): number {
  const count = ours.length / classes;
  let same = 0;
  for (let i = 0; i < count; i++) {
    const row = (logits: Float32Array): number => argMax(logits.subarray(i * classes, (i + 1) * classes));
    if (row(ours) === row(theirs)) same += 1;
  }
  return same / count;
}

function scoreRow(row: Float32Array, label: number) {
  const best = argMax(row);
  const max = row[best] ?? 0;
  const logSum = max + Math.log(sum(Array.from(row, (logit) => Math.exp(logit - max))));
  const own = row[label] ?? Number.NEGATIVE_INFINITY;
  const rank = row.reduce((above, logit, c) => above + (logit > own || (logit === own && c < label) ? 1 : 0), 0);
  return { rank, best, logProbLabel: own - logSum, topProb: Math.exp(max - logSum) };
}

function argMax(row: Float32Array): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if ((row[c] ?? 0) > (row[best] ?? 0)) best = c;
  return best;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
