import type { ResolvedStage } from "../config/pipeline.ts";
import { ConfigErrors } from "../errors/config-errors.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanNode } from "./graph.ts";

/** The error with the place of the option that it names, in the pipeline file; the same error where it has one or names none. */
export function locateError(error: KdflowError, { stage }: Pick<PlanNode, "stage">): KdflowError {
  return error.option === undefined ? error : locatedErrors(error, stage);
}

/** The error, or each of several, at the option that it names, else at the stage. */
export function locatedErrors(error: KdflowError, stage: ResolvedStage): KdflowError {
  if (error instanceof ConfigErrors) return error.map((one) => locatedErrors(one, stage));
  if (error.where !== undefined) return error;
  const { code, message, hint, cause, option } = error;
  const where = (option === undefined ? undefined : stage.locate(option, "key")) ?? stage.locate();
  return new KdflowError(code, message, { hint, where, cause });
}
