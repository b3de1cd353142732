import { countUses, type GraphNode, type GraphValue, type TracedGraph } from "./traced-graph.ts";

const convolutions = new Set(["Conv2D", "FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2D"]);

/** Makes zeros that are padded around rows and columns a convolution's own padding, where it alone sees them. */
export function foldPadding(graph: TracedGraph): TracedGraph {
  const uses = countUses(graph);
  const pads = new Map<GraphValue, GraphNode>();
  const folded = new Set<GraphNode>();
  const nodes = graph.nodes.map((node) => {
    const [output] = node.outputs;
    if (isZeroBorder(node) && output !== undefined && uses.get(output) === 1) pads.set(output, node);
    const { x } = node.inputs;
    const pad = x === undefined ? undefined : pads.get(x);
    const { pad: own, dataFormat = "NHWC" } = node.attributes;
    if (pad === undefined || !convolutions.has(node.kernel) || own !== "valid" || dataFormat !== "NHWC") return node;
    folded.add(pad);
    const padded = pad.inputs["x"] as GraphValue;
    return {
      ...node,
      inputs: { ...node.inputs, x: padded },
      attributes: { ...node.attributes, pad: pad.attributes["paddings"] },
    };
  });
  return { ...graph, nodes: nodes.filter((node) => !folded.has(node)) };
}

function isZeroBorder({ kernel, attributes, inputs }: GraphNode): boolean {
  const { paddings, constantValue } = attributes;
  if (kernel !== "PadV2" || constantValue !== 0 || inputs["x"]?.shape.length !== 4 || !Array.isArray(paddings)) {
    return false;
  }
  return [paddings[0], paddings[3]].flat().every((count) => count === 0);
}
