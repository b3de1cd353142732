import type { Metric, MetricName, Scorer, ScoreSpec } from "../../../core/index.ts";
import { type BestF1, noBestF1 } from "./best-f1.ts";
import { filterBoxes, selectBoxes } from "./boxes.ts";
import { type CocoTruth, withBoxAreas } from "./coco-rules.ts";
import { cocoMetricNames, scoreCoco } from "./coco-scores.ts";
import { instancesJson, resultsJson } from "./detection-files.ts";
import type { DetectionTruth } from "./detection-truth.ts";
import { type Detection, type Detections, packDetections } from "./detections.ts";
import { findBoxes } from "./find-boxes.ts";
import { type NmsOptions, nmsDefaults } from "./nms.ts";
import type { ScoreProtocol } from "./score-protocols.ts";
import { originalOf } from "./shown-photos.ts";
import { scoreVoc } from "./voc-scores.ts";

const share = (label: string): MetricName => ({ better: "higher", label, unit: "share" });

/**
 * COCO's twelve numbers, as pycocotools 2.0.11 gives them; −1 where there is nothing to average. Beside them the means
 * over classes of precision, recall and F1 at IoU 0.5, each at the class's own best score. Boxes are suppressed with
 * {@link nmsDefaults}.
 *
 * @see Lin et al. 2014, "Microsoft COCO", arXiv 1405.0312
 */
export const detectionMetric: Metric<DetectionTruth> = {
  names: {
    ...Object.fromEntries(cocoMetricNames.map((name) => [name, share(name)])),
    precision: share("precision at the best score"),
    recall: share("recall at the best score"),
    F1: share("F1 at the best score"),
  },
  best: "AP",
  tie: "AP50",
  watched: ["AP", "AP50"],
  comparesTeacher: false,
  start: startScores,
};

/** What an evaluator may say of the scoring. */
export interface DetectionScoring extends Partial<NmsOptions> {
  /** COCO's twelve numbers, or VOC's AP at IoU 0.5 alone. */
  readonly protocol?: ScoreProtocol;
  /** Whether a row may stand for several classes, as YOLO detectors are scored, or for its best alone. */
  readonly multiLabel?: boolean;
}

/** Of a class at IoU 0.5, and the score at which its F1 is highest; −1 for a class without boxes. */
export interface ClassScores extends BestF1 {
  readonly AP: number;
}

function startScores({ classNames, outputs, imageSize, unknown = [], options }: ScoreSpec): Scorer<DetectionTruth> {
  const scoring: DetectionScoring = options ?? {};
  const nms = nmsOf(scoring);
  const request = { ...nms, outputs, imageSize, multiLabel: scoring.multiLabel ?? true };
  const images: number[] = [];
  const found: Detection[][] = [];
  let known: DetectionTruth | undefined;
  const scored = (): Scored | undefined => {
    if (known === undefined) return undefined;
    const all = withBoxAreas(selectBoxes(known.boxes, images));
    // a class without boxes is left out of the means
    const truth =
      unknown.length === 0 ? all : withBoxAreas(filterBoxes(all, (row) => !unknown.includes(all.classes[row] ?? -1)));
    return scoreBy(scoring.protocol ?? "coco", truth, packDetections(found), classNames.length);
  };
  let last: { readonly images: number; readonly scored: Scored | undefined } | undefined;
  const current = (): Scored | undefined => {
    if (last?.images !== images.length) last = { images: images.length, scored: scored() };
    return last.scored;
  };
  return {
    add(answers, { truth, indices }) {
      known = truth;
      for (let row = 0; row < indices.length; row++) {
        const image = indices[row] ?? -1;
        images.push(image);
        found.push(findBoxes(answers, row, originalOf(truth, image), request));
      }
    },
    result() {
      const scores = current();
      if (scores === undefined) return {};
      const counted = scores.bestF1.filter(({ f1 }) => f1 >= 0);
      const mean = (of: (best: BestF1) => number): number =>
        counted.length === 0 ? -1 : counted.reduce((sum, each) => sum + of(each), 0) / counted.length;
      return {
        ...scores.metrics,
        precision: mean(({ precision }) => precision),
        recall: mean(({ recall }) => recall),
        F1: mean(({ f1 }) => f1),
      };
    },
    files() {
      if (known === undefined) return {};
      return {
        "ground-truth.json": instancesJson(known, images, classNames),
        "detections.json": resultsJson(images, found),
      };
    },
    details() {
      const scores = current();
      const perCategory = classNames.map((name, id): readonly [string, ClassScores | { readonly unknown: true }] => {
        if (unknown.includes(id)) return [name, { unknown: true }];
        return [name, { AP: scores?.perClassAP[id] ?? -1, ...(scores?.bestF1[id] ?? noBestF1) }];
      });
      return { protocol: scoring.protocol ?? "coco", ...nms, perCategory: Object.fromEntries(perCategory) };
    },
  };
}

interface Scored {
  readonly metrics: Readonly<Record<string, number>>;
  readonly perClassAP: Float64Array;
  readonly bestF1: readonly BestF1[];
}

function nmsOf({ scoreThreshold, iouThreshold, maxDetections, maxCandidates }: Partial<NmsOptions>): NmsOptions {
  return {
    scoreThreshold: scoreThreshold ?? nmsDefaults.scoreThreshold,
    iouThreshold: iouThreshold ?? nmsDefaults.iouThreshold,
    maxDetections: maxDetections ?? nmsDefaults.maxDetections,
    maxCandidates: maxCandidates ?? nmsDefaults.maxCandidates,
  };
}

function scoreBy(
  protocol: NonNullable<DetectionScoring["protocol"]>,
  truth: CocoTruth,
  detections: Detections,
  classCount: number,
): Scored {
  if (protocol === "coco") {
    const { metrics, perClassAP, bestF1 } = scoreCoco(truth, withBoxAreas(detections), classCount);
    return { metrics: { ...metrics }, perClassAP, bestF1 };
  }
  const { AP50, perClassAP50, bestF1 } = scoreVoc(truth, detections, classCount, protocol);
  return { metrics: { AP: AP50, AP50 }, perClassAP: perClassAP50, bestF1 };
}
