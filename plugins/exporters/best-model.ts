import type { Model } from "../../core/index.ts";

/**
 * Chooses, among models of several seeds, the one with the best validation metric; the first on ties. Never looks at
 * the test split. Models from outside, which have no such metric, come last.
 */
export function bestModel(models: readonly Model[]): Model | undefined {
  const score = (model: Model): number => model.description.best?.value ?? Number.NEGATIVE_INFINITY;
  return models.reduce<Model | undefined>(
    (best, model) => (best === undefined || score(model) > score(best) ? model : best),
    undefined,
  );
}
