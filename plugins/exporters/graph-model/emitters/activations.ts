import { inputOf, UnsupportedUse } from "../../onnx/emitter.ts";
import type { GraphNode } from "../../trace/traced-graph.ts";
import type { GraphEmission } from "../graph-emission.ts";

const operators: Readonly<Record<string, string>> = { relu: "Relu", relu6: "Relu6", elu: "Elu", sigmoid: "Sigmoid" };

/** A tensor behind the activation that a fused kernel ends with. */
export function activated(node: GraphNode, graph: GraphEmission, tensor: string): string {
  const { activation = "linear", leakyreluAlpha } = node.attributes;
  const name = String(activation);
  if (name === "linear") return tensor;
  if (name === "prelu") return slopedBy(graph, tensor, graph.of(inputOf(node, "preluActivationWeights")));
  if (name === "leakyrelu") return graph.float("LeakyRelu", [tensor], { alpha: { f: leakyreluAlpha ?? 0.2 } });
  const operator = operators[name];
  if (operator === undefined) throw new UnsupportedUse(`its activation is "${name}"`);
  return graph.float(operator, [tensor]);
}

/** max(x, 0) + slope · min(x, 0) */
export function slopedBy(graph: GraphEmission, tensor: string, slope: string): string {
  const zero = graph.scalar(0);
  const below = graph.float("Mul", [slope, graph.float("Minimum", [tensor, zero])]);
  return graph.float("AddV2", [graph.float("Maximum", [tensor, zero]), below]);
}
