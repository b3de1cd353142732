import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanNode } from "./graph.ts";

/**
 * Soft labels belong to the data of the same place: a stage that takes both takes as many of each, in the same order.
 *
 * @throws KDF_PLAN_SOURCES
 */
export function checkLabelSources(node: PlanNode): void {
  const data = node.inputs.get("data") ?? [];
  const labels = node.inputs.get("softLabels") ?? [];
  if (labels.length === 0 || data.length === 0) return;
  const where = node.stage.locate("/inputs") ?? node.stage.locate();
  if (labels.length !== data.length) {
    const message = `stage "${node.name}" takes ${data.length} sources of data and soft labels of ${labels.length}`;
    const missing = data[labels.length]?.name;
    throw new KdflowError("KDF_PLAN_SOURCES", message, {
      hint: [
        ...(missing === undefined ? [] : [`add a \`softLabels\` stage with \`inputs: { data: ${missing} }\``]),
        "name one for each source, in the order of `data`; `softLabels: []` asks the teacher in the loop instead",
      ],
      where,
    });
  }
  for (const [place, source] of labels.entries()) {
    const labelled = source.inputs.get("data")?.[0];
    if (labelled === undefined || labelled === data[place]) continue;
    const message = `soft labels "${source.name}" are of stage "${labelled.name}", and stage "${node.name}" takes them for "${data[place]?.name}"`;
    const hint = "name soft labels in the order of `data`, each made on the stage in its place";
    throw new KdflowError("KDF_PLAN_SOURCES", message, { hint, where });
  }
}
