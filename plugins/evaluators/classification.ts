import type { ProviderOf } from "../../core/index.ts";
import { classificationId } from "../tasks/classification/names.ts";
import { assertTask, scoresEvaluator } from "./scoring/scores-evaluator.ts";

/** Scores classifiers on one split: teacher, student and baseline side by side, several seeds as mean and spread. */
export const classification: ProviderOf<"evaluate"> = scoresEvaluator(
  "classification",
  "accuracy, likelihood and calibration of student, baseline and teacher on one split",
  {
    describe(_options, inputs) {
      assertTask(classificationId, inputs);
      return {};
    },
  },
);
