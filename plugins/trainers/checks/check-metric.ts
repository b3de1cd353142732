import { allowedHint, KdflowError, type PlanContext } from "../../../core/index.ts";

/**
 * Checks, while planning, that the metric that chooses the best epoch is one of the task's.
 *
 * @throws KDF_PLAN_OPTIONS
 */
export function checkMetric(metric: string | undefined, task: string | undefined, context: PlanContext): void {
  if (metric === undefined || task === undefined) return;
  const names = Object.keys(context.task(task).metric.names);
  if (names.includes(metric)) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", `\`bestMetric\` is "${metric}", which the task ${task} does not measure`, {
    hint: allowedHint(metric, names),
    option: "/bestMetric",
  });
}
