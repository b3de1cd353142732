import type { Model, Task } from "../../../core/index.ts";

/**
 * Chooses, among models of several seeds, the one with the best validation metric; the first on ties. Never looks at
 * the test split. Models from outside, which have no such metric, come last.
 *
 * @param taskOf tells whether more or less of a metric is better
 */
export function bestModel(models: readonly Model[], taskOf: (id: string) => Pick<Task, "metric">): Model | undefined {
  const score = ({ description: { task, best } }: Model): number => {
    if (best === undefined) return Number.NEGATIVE_INFINITY;
    return taskOf(task).metric.names[best.metric]?.better === "lower" ? -best.value : best.value;
  };
  return models.reduce<Model | undefined>(
    (best, model) => (best === undefined || score(model) > score(best) ? model : best),
    undefined,
  );
}
