import type { Metric, MetricName, Scorer, ScoreSpec } from "../../../core/index.ts";
import { selectBoxes } from "./boxes.ts";
import { withBoxAreas } from "./coco-rules.ts";
import { cocoMetricNames, scoreCoco } from "./coco-scores.ts";
import type { DetectionTruth } from "./detection-truth.ts";
import { type Detection, packDetections } from "./detections.ts";
import { findBoxes } from "./find-boxes.ts";
import { nmsDefaults } from "./nms.ts";
import { originalOf } from "./truth-inputs.ts";

const labels: Readonly<Record<(typeof cocoMetricNames)[number], string>> = {
  AP: "AP at IoU 0.50:0.95",
  AP50: "AP at IoU 0.50",
  AP75: "AP at IoU 0.75",
  APsmall: "AP of small boxes",
  APmedium: "AP of medium boxes",
  APlarge: "AP of large boxes",
  AR1: "AR of 1 box an image",
  AR10: "AR of 10 boxes an image",
  AR100: "AR of 100 boxes an image",
  ARsmall: "AR of small boxes",
  ARmedium: "AR of medium boxes",
  ARlarge: "AR of large boxes",
};

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
    ...Object.fromEntries(cocoMetricNames.map((name) => [name, share(labels[name])])),
    precision: share("precision at the best score"),
    recall: share("recall at the best score"),
    F1: share("F1 at the best score"),
  },
  best: "AP",
  tie: "AP50",
  watched: ["AP", "AP50"],
  start: startScores,
};

function startScores({ classNames, outputs, imageSize }: ScoreSpec): Scorer<DetectionTruth> {
  const request = { ...nmsDefaults, outputs, imageSize, multiLabel: true };
  const images: number[] = [];
  const found: Detection[][] = [];
  let known: DetectionTruth | undefined;
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
      if (known === undefined) return {};
      const truth = withBoxAreas(selectBoxes(known.boxes, images));
      const { metrics, bestF1 } = scoreCoco(truth, withBoxAreas(packDetections(found)), classNames.length);
      const counted = bestF1.filter(({ f1 }) => f1 >= 0);
      const mean = (of: (best: (typeof counted)[number]) => number): number =>
        counted.length === 0 ? -1 : counted.reduce((sum, each) => sum + of(each), 0) / counted.length;
      return {
        ...metrics,
        precision: mean(({ precision }) => precision),
        recall: mean(({ recall }) => recall),
        F1: mean(({ f1 }) => f1),
      };
    },
  };
}
