import {
  comesFromTeacher,
  type Declarations,
  KdflowError,
  listed,
  type PlanContext,
  type PlannedTerm,
  type PortDescriptions,
} from "../../../core/index.ts";
import { detectorWords } from "../../networks/detector/detector-words.ts";
import { matchMeaning } from "../../tasks/detection/class-synonyms.ts";
import { detectionId } from "../../tasks/detection/names.ts";

/** What a detector does not have, and what there is in its place. */
const ofImages = ["studentLogits", "teacherLogits"];

/**
 * Puts teacher and student of a detector's training side by side, and says how each term matches them.
 *
 * @returns one line each; none for other tasks, or without a teacher
 * @throws KDF_PLAN_LOSS_INPUT for a term that cannot match, naming the nearest one that can, and for one of any task that
 *   takes boxes which nothing stores
 */
export function alignDetectors(
  inputs: PortDescriptions,
  declarations: Declarations,
  context: PlanContext,
): readonly string[] {
  const data = inputs["data"]?.[0];
  const loss = declarations["loss"]?.[0];
  const isDetector = data?.task === detectionId;
  if (loss === undefined || !(isDetector || inputs["teacher"]?.length)) return [];
  const objective = context.lookup("loss", loss);
  const terms = objective.terms?.(objective.options, context) ?? [];
  const labels = inputs["softLabels"]?.[0];
  if (labels === undefined) for (const term of terms) assertStored(term, isDetector);
  if (!isDetector) return [];
  for (const term of terms) assertMatches(term);
  const taught = terms.filter(({ needs }) => needs.some(comesFromTeacher));
  const teacher = labels ?? inputs["teacher"]?.[0];
  if (taught.length === 0 || teacher === undefined) return [];
  const { classNames = [], words = "seen when it is opened", classMap } = teacher;
  const own = data.classNames ?? [];
  const known = matchMeaning({ classNames, classMap }, own).filter((columns) => columns.length > 0).length;
  const unknown = own.length - known;
  const classes = `${known} of the data's ${own.length} classes among its ${classNames.length}`;
  return [
    `teacher: ${words}; ${classes}${unknown > 0 ? `, nothing is said of ${unknown}` : ""}`,
    `student: ${detectorWords(declarations["student"]?.[0], data.imageSize)}; ${own.length} classes`,
    ...(taught.some(({ needs }) => needs.some((name) => name.startsWith("teacherFeatures"))) && isTransformer(inputs)
      ? ["the teacher is a transformer: its features fit those of convolutions badly; boxes of `box-soft` do not mind"]
      : []),
    ...taught.map(({ name, matches }) => `term ${name}: ${matches ?? "by the inputs of the same name"}`),
  ];
}

function assertMatches({ name, needs, option }: PlannedTerm): void {
  const logits = needs.filter((input) => ofImages.includes(input));
  if (logits.length > 0) {
    throw new KdflowError(
      "KDF_PLAN_LOSS_INPUT",
      `the loss term "${name}" takes ${listed(logits)}, and detectors have boxes of many cells instead`,
      { hint: "take `box-soft`, which compares classes, boxes and objectness of any two detectors", option },
    );
  }
}

function assertStored({ name, needs, option }: PlannedTerm, isDetector: boolean): void {
  if (!needs.includes("teacherRows")) return;
  const hint = isDetector
    ? "add the stage `softLabels: detections`, or `online` for a teacher in the loop; raw answers do not give them"
    : "classifiers have no boxes: take a term on features without them, such as `hint` or `attention-transfer`";
  const message = `the loss term "${name}" takes boxes of a detector`;
  throw new KdflowError("KDF_PLAN_LOSS_INPUT", message, { hint, option });
}

/** Whether whoever gives features answers by queries. */
function isTransformer({ teacher = [] }: PortDescriptions): boolean {
  return teacher.some(({ words = "" }) => words.includes("queries"));
}
