import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanNode } from "./graph.ts";

/** The error with the place of the option that it names, in the pipeline file; the same error where it has one or names none. */
export function locateError(error: KdflowError, { stage }: Pick<PlanNode, "stage">): KdflowError {
  if (error.where !== undefined || error.option === undefined) return error;
  const where = stage.locate(error.option, "key") ?? stage.locate();
  return new KdflowError(error.code, error.message, { hint: error.hint, where, cause: error.cause });
}
