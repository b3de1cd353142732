import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanNode } from "./graph.ts";

/** An error of a stage's provider with its place in the pipeline: that of the option it names, else the stage's. */
export function located(error: KdflowError, { stage }: PlanNode): KdflowError {
  if (error.where !== undefined) return error;
  const { code, message, hint, option, cause } = error;
  const where = (option === undefined ? undefined : stage.locate(option, "key")) ?? stage.locate();
  return new KdflowError(code, message, { hint, where, cause });
}
