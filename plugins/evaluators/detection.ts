import { KdflowError, type ProviderOf } from "../../core/index.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { assertTask, scoresEvaluator } from "./scoring/scores-evaluator.ts";

/** Scores detectors on one split: COCO's or VOC's numbers of teacher, student and baseline; a teacher alone will do. */
export const detection: ProviderOf<"evaluate"> = scoresEvaluator(
  "detection",
  "COCO's or VOC's scores of student, baseline and teacher on one split",
  {
    ports: { model: { accepts: ["model", "train"], many: true, optional: true } },
    describe(_options, inputs) {
      assertTask(detectionId, inputs);
      if ((inputs["model"] ?? []).length > 0 || (inputs["teacher"] ?? []).length > 0) return {};
      throw new KdflowError("KDF_PLAN_UNFILLED_PORT", "there is neither a model nor a teacher to be evaluated", {
        hint: "add a stage `teacher:`, `train:` or `model:`",
      });
    },
  },
);
