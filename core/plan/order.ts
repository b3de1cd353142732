import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanNode } from "./graph.ts";

/**
 * Orders nodes so that each follows its inputs; among equals the order of the file stays.
 *
 * @throws KDF_PLAN_CYCLE naming the stages of the circle
 */
export function sortByInputs(nodes: readonly PlanNode[]): PlanNode[] {
  const sorted: PlanNode[] = [];
  const done = new Set<PlanNode>();
  const path: PlanNode[] = [];
  const visit = (node: PlanNode): void => {
    if (done.has(node)) return;
    const start = path.indexOf(node);
    if (start >= 0) throw cycle([...path.slice(start), node]);
    path.push(node);
    for (const inputs of node.inputs.values()) for (const input of inputs) visit(input);
    path.pop();
    done.add(node);
    sorted.push(node);
  };
  for (const node of nodes) visit(node);
  return sorted;
}

function cycle(nodes: readonly PlanNode[]): KdflowError {
  const names = nodes.map((node) => node.name).join(" → ");
  const culprit = nodes.find((node) => Object.keys(node.stage.inputs).length > 0);
  return new KdflowError("KDF_PLAN_CYCLE", `stages take each other in a circle: ${names} (read "→" as "takes")`, {
    hint: "change one `inputs:` so that the circle is broken",
    where: culprit?.stage.locate("/inputs") ?? nodes[0]?.stage.locate(),
  });
}

/** A node and all that it takes, directly or not. */
export function withInputs(node: PlanNode, into: Set<PlanNode> = new Set()): Set<PlanNode> {
  if (into.has(node)) return into;
  into.add(node);
  for (const inputs of node.inputs.values()) for (const input of inputs) withInputs(input, into);
  return into;
}
