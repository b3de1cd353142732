import type { ProviderOf } from "../../core/index.ts";
import { scoresEvaluator } from "./scoring/scores-evaluator.ts";

/** Scores models of any task on one split, by the task's own metric. */
export const scores: ProviderOf<"evaluate"> = scoresEvaluator(
  "scores",
  "the metrics of the data's task for student, baseline and teacher on one split",
);
