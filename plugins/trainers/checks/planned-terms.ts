import { KdflowError, type PlanContext, type PlannedTerm, type ProviderUse } from "../../../core/index.ts";

/** The terms of a loss; none of a loss that is wrong in itself: the planner says so, and points at the loss. */
export function plannedTerms(loss: ProviderUse | undefined, context: PlanContext): readonly PlannedTerm[] {
  if (loss === undefined) return [];
  const objective = context.lookup("loss", loss);
  try {
    return objective.terms?.(objective.options, context) ?? [];
  } catch (error) {
    if (error instanceof KdflowError) return [];
    throw error;
  }
}
