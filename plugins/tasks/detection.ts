/** Photos with boxes of classes: cells or rows of boxes with objectness and class logits, read by sigmoids. */
import { defineTask, type TaskProvider } from "../../core/index.ts";
import { alignDetector, matchDetector } from "./detection/align-detector.ts";
import { classesOf } from "./detection/answer-rows.ts";
import { detectionMetric } from "./detection/detection-metric.ts";
import { type DetectionTruth, joinDetectionTruths } from "./detection/detection-truth.ts";
import { cellsKind, detectionId, rowsKind } from "./detection/names.ts";
import { assertDetectorKnows } from "./detection/preflight.ts";
import { type PhotoBoxes, readBoxes, showBoxes } from "./detection/read-boxes.ts";
import { boxMarks, detectionInputs } from "./detection/truth-inputs.ts";

export const detection: TaskProvider = defineTask<DetectionTruth, PhotoBoxes>({
  id: detectionId,
  summary: "photos with boxes of classes",
  cacheVersion: 1,
  task: {
    truth: { inputs: detectionInputs, join: joinDetectionTruths, marks: boxMarks },
    metric: detectionMetric,
    align: alignDetector,
    matchClasses: matchDetector,
    classes: classesOf,
    check: (outputs) =>
      Object.values(outputs).some(({ kind }) => kind === cellsKind || kind === rowsKind)
        ? []
        : ["a detector gives cells, or rows of boxes"],
    read: readBoxes,
    show: showBoxes,
    preflight: assertDetectorKnows,
    baseline: { weights: "keep" },
  },
});
