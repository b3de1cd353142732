import type { Metric, Scorer, ScoreSpec } from "../../../core/index.ts";
import { ConfusionCount } from "./class-details.ts";
import { argMax, softmaxSum } from "./rows.ts";

const calibrationBins = 15;

/**
 * Scores of a classifier, in float64; all but `nll` and `ece` are fractions of 1.
 *
 * - `top1`: samples whose largest logit is the label's. Of equal logits the lowest class index wins.
 * - `top5`: samples whose label is among the five largest logits.
 * - `perClass`: mean over classes that occur of the top-1 accuracy within the class.
 * - `nll`: mean negative log-likelihood of the label, in nats.
 * - `ece`: expected calibration error with 15 equal-width bins of the top probability (Guo et al. 2017,
 *   arXiv:1706.04599, eq. 3).
 * - `agreement`: samples on which the model and the teacher put the same class first.
 *
 * A row with a logit that is not a number has no class: it is wrong, and makes `nll` and `ece` no numbers either.
 */
export const classificationMetric: Metric<Int32Array> = {
  names: {
    top1: { better: "higher", label: "top-1 accuracy", unit: "share" },
    top5: { better: "higher", label: "top-5 accuracy", unit: "share" },
    perClass: { better: "higher", label: "mean per-class accuracy", unit: "share" },
    nll: { better: "lower", label: "negative log-likelihood", unit: "number" },
    ece: { better: "lower", label: "calibration error", unit: "number" },
    agreement: { better: "higher", label: "agreement with teacher", unit: "share" },
  },
  best: "top1",
  tie: "nll",
  watched: ["top1", "nll"],
  start: startScores,
};

function startScores({ classNames }: ScoreSpec): Scorer<Int32Array> {
  const classes = classNames.length;
  const bins = Array.from({ length: calibrationBins }, () => ({ confidence: 0, hits: 0 }));
  const seen = new Float64Array(classes);
  const hits = new Float64Array(classes);
  const rights: number[] = [];
  const answered = new ConfusionCount(classNames);
  const sums = { count: 0, top5: 0, nll: 0, unsure: 0, compared: 0, agreed: 0 };
  return {
    samples: () => rights,
    details: () => answered.details(),
    add({ logits = new Float32Array() }, { truth, indices }, reference) {
      for (let i = 0; i < indices.length; i++) {
        const label = truth[indices[i] ?? -1] ?? -1;
        const row = logits.subarray(i * classes, (i + 1) * classes);
        const { rank, best, logProbLabel, topProb } = scoreRow(row, label);
        const right = best === label ? 1 : 0;
        seen[label] = (seen[label] ?? 0) + 1;
        hits[label] = (hits[label] ?? 0) + right;
        sums.count += 1;
        rights.push(right);
        answered.add(label, best);
        sums.top5 += rank < 5 ? 1 : 0;
        sums.nll -= logProbLabel;
        const bin = bins[Math.min(calibrationBins - 1, Math.ceil(topProb * calibrationBins) - 1)];
        if (bin !== undefined) {
          bin.confidence += topProb;
          bin.hits += right;
        } else sums.unsure += topProb;
        const theirs = reference?.["logits"]?.subarray(i * classes, (i + 1) * classes);
        if (theirs === undefined) continue;
        sums.compared += 1;
        sums.agreed += argMax(theirs) === best ? 1 : 0;
      }
    },
    result() {
      const { count, top5, nll, unsure, compared, agreed } = sums;
      const occurring = [...seen.keys()].filter((label) => (seen[label] ?? 0) > 0);
      const perClass = sum(occurring.map((label) => (hits[label] ?? 0) / (seen[label] ?? 1))) / occurring.length;
      const ece = (sum(bins.map((bin) => Math.abs(bin.hits - bin.confidence))) + unsure) / count;
      return {
        top1: sum(hits) / count,
        // of five classes or fewer every one is among the first five
        ...(classes > 5 && { top5: top5 / count }),
        perClass,
        nll: nll / count,
        ece,
        ...(compared > 0 && { agreement: agreed / compared }),
      };
    },
  };
}

function scoreRow(row: Float32Array, label: number) {
  // what is not a number is right about nothing, and makes likelihood and calibration no numbers either
  if (row.some(Number.isNaN))
    return { rank: Number.POSITIVE_INFINITY, best: -1, logProbLabel: Number.NaN, topProb: Number.NaN };
  const best = argMax(row);
  const { largest, total } = softmaxSum(row);
  const logSum = largest + Math.log(total);
  const own = row[label] ?? Number.NEGATIVE_INFINITY;
  const rank = row.reduce((above, logit, c) => above + (logit > own || (logit === own && c < label) ? 1 : 0), 0);
  return { rank, best, logProbLabel: own - logSum, topProb: Math.exp(largest - logSum) };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
