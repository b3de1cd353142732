/** Images of one class each: one logit per class, read by a softmax. */
import { defineTask, type TaskProvider } from "../../core/index.ts";
import { alignClasses } from "./classification/align-classes.ts";
import { matchClassifier } from "./classification/class-problems.ts";
import { joinLabels } from "./classification/join-labels.ts";
import { classificationId, logitsKind, recogniseClassifier, sigmoidKind } from "./classification/names.ts";
import { assertTeacherKnows } from "./classification/preflight/teacher-check.ts";
import { classificationMetric } from "./classification/scorer.ts";
import { type ClassPrediction, readClasses, showClasses } from "./classification/top-classes.ts";
import { truthInputs } from "./classification/truth-inputs.ts";

export const classification: TaskProvider = defineTask<Int32Array, ClassPrediction>({
  id: classificationId,
  summary: "images of one class each",
  cacheVersion: 1,
  task: {
    truth: { inputs: truthInputs, join: joinLabels, groups: (labels) => labels },
    metric: classificationMetric,
    align: alignClasses,
    matchClasses: matchClassifier,
    classes: ({ logits }) => logits?.shape[0] ?? 0,
    recognise: recogniseClassifier,
    check: (outputs) =>
      [logitsKind, sigmoidKind].includes(outputs["logits"]?.kind ?? "")
        ? []
        : ["a classifier gives one logit per class"],
    read: readClasses,
    show: showClasses,
    preflight: assertTeacherKnows,
    baseline: { weights: "rescale", term: { use: "cross-entropy", options: { labelSmoothing: 0 } } },
  },
});
