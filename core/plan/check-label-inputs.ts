import { KdflowError } from "../errors/kdflow-error.ts";
import type { Description, ObjectiveProvider, Options, PlanContext } from "../index.ts";
import type { PlanNode } from "./graph.ts";

/**
 * Every loss term on labels must take what this training has beside them: one that knows nothing of a second label would
 * be told that a mixed image is of its first class alone.
 *
 * @throws KDF_PLAN_LOSS_LABELS naming the terms
 */
export function checkLabelInputs(node: PlanNode, { labelInputs = [] }: Description, context: PlanContext): void {
  const loss = node.inputs.get("loss")?.[0];
  if (loss === undefined || labelInputs.length === 0) return;
  const objective = loss.registered.provider as ObjectiveProvider<Options>;
  const [term] = objective.withoutInputs?.(loss.options, labelInputs, context) ?? [];
  if (term === undefined) return;
  throw new KdflowError(
    "KDF_PLAN_LOSS_LABELS",
    `the loss term "${term}" takes labels, but not ${labelInputs.join(", ")}, which stage "${node.name}" has`,
    {
      hint: [
        "images are mixed by mixup and cutmix, classes weighted by `classWeights`: leave them out, or use cross-entropy",
        "an author of a loss says what it takes by `takes`",
      ],
      where: loss.stage.locate() ?? node.stage.locate(),
    },
  );
}
