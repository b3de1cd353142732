import { type Declarations, KdflowError, type PlanContext, type PortDescriptions } from "../../../core/index.ts";
import { plannedTerms } from "./planned-terms.ts";

/**
 * Holds the taps that a loss names to those whose features are stored, where features are read from a store.
 *
 * @throws KDF_PLAN_FEATURES naming the taps to add; KDF_PLAN_SOURCES for features of several sources
 */
export function checkStoredTaps(
  { softLabels: labels = [] }: PortDescriptions,
  declarations: Declarations,
  context: PlanContext,
): void {
  const stored = labels.find(({ taps }) => taps !== undefined);
  const { taps } = stored ?? {};
  if (stored === undefined || taps === undefined) return;
  const terms = plannedTerms(declarations["loss"]?.[0], context).filter(({ at }) => at !== undefined);
  if (labels.length > 1 && terms.length > 0) {
    const message = "stored features are those of one source of data, and this training has several";
    throw new KdflowError("KDF_PLAN_SOURCES", message, { hint: "take `softLabels: logits`, or one source of data" });
  }
  const missing = terms.filter(({ at }) => at !== undefined && !taps.includes(at.teacher));
  const [first] = missing;
  if (first === undefined) return;
  const names = [...new Set(missing.flatMap(({ at }) => at?.teacher ?? []))];
  const quoted = names.map((name) => `"${name}"`).join(", ");
  const message = `the loss takes features at ${quoted} of the teacher, which "${stored.stage}" does not store`;
  throw new KdflowError("KDF_PLAN_FEATURES", message, {
    hint: [
      `write \`taps: [${[...taps, ...names].join(", ")}]\` at "${stored.stage}"`,
      "or take `softLabels: logits`: features then come from the teacher in the loop",
    ],
    option: first.option,
  });
}
