import type { DataType } from "@tensorflow/tfjs";

/** A whole number that grows with the batch: so many for each image of it. */
export interface PerImage {
  readonly perImage: number;
}

/** A length: fixed, or one for each image, which stands for the batch. */
export type Size = number | PerImage;

export type ConstantValues = Float32Array | Int32Array | Uint8Array;

/** A tensor of the graph. */
export interface GraphValue {
  readonly shape: readonly Size[];
  readonly dtype: DataType;
  /** Its numbers, where they are the same for all inputs; weights are such ones. */
  readonly constant?: ConstantValues;
}

/** Whose call a kernel ran in. */
export interface LayerPlace {
  readonly name: string;
  readonly className: string;
}

/** One kernel of TensorFlow.js, as it ran. */
export interface GraphNode {
  /** As TensorFlow.js registers it: `Conv2D`, `FusedBatchNorm`. */
  readonly kernel: string;
  /** By the kernel's own names; of kernels that take a list, by place: `0`, `1`. */
  readonly inputs: Readonly<Record<string, GraphValue>>;
  /** Numbers in them that follow the batch are {@link PerImage}. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly GraphValue[];
  /** `undefined` for what ran outside of layers, such as decoding. */
  readonly layer: LayerPlace | undefined;
  /** Place among the recorded kernels, by which values of another pass are found. */
  readonly place: number;
}

/** What a forward pass computes, in the order in which it ran. */
export interface TracedGraph {
  readonly input: GraphValue;
  readonly nodes: readonly GraphNode[];
  readonly outputs: Readonly<Record<string, GraphValue>>;
}

export function isPerImage(size: unknown): size is PerImage {
  return typeof size === "object" && size !== null && "perImage" in size;
}

/** The length at a batch of one. */
export function sizeOf(size: Size | undefined): number {
  if (size === undefined) return 0;
  return isPerImage(size) ? size.perImage : size;
}

/** The graph without what no output depends on. */
export function prunedGraph(graph: TracedGraph): TracedGraph {
  const needed = new Set<GraphValue>(Object.values(graph.outputs));
  const kept: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of Object.values(node.inputs)) needed.add(input);
    kept.push(node);
  }
  return { ...graph, nodes: kept.toReversed() };
}

/** How often each value is used; outputs of the graph count. */
export function countUses({ nodes, outputs }: TracedGraph): Map<GraphValue, number> {
  const uses = new Map<GraphValue, number>();
  const count = (value: GraphValue): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const { inputs } of nodes) Object.values(inputs).forEach(count);
  Object.values(outputs).forEach(count);
  return uses;
}
