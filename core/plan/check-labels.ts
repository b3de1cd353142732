import { KdflowError } from "../errors/kdflow-error.ts";
import type { PortDescriptions } from "../plugins/provider.ts";
import type { PlanNode } from "./graph.ts";

/** Kinds that compare answers with true labels. */
const labelled = new Set(["train", "teacher", "evaluate"]);

/**
 * Data without labels may be labelled by a teacher, and calibrate an export; everything else needs true labels.
 *
 * @throws KDF_PLAN_UNLABELLED
 */
export function checkLabels(node: PlanNode, inputs: PortDescriptions): void {
  if (!labelled.has(node.stage.kind)) return;
  const without = inputs["data"]?.find(({ unlabelled }) => unlabelled === true);
  if (without === undefined) return;
  throw new KdflowError(
    "KDF_PLAN_UNLABELLED",
    `stage "${node.name}" needs labels, but the images of stage "${without.stage}" have none`,
    {
      hint: "let a teacher label them in a softLabels stage and make a data set of its answers, or use data with labels",
      where: node.stage.locate(),
    },
  );
}
