import { countUses, type GraphNode, type GraphValue, sizeOf, type TracedGraph } from "./traced-graph.ts";

/** y = x · scale + shift, for each channel. */
interface Affine {
  readonly scale: ArrayLike<number>;
  readonly shift: ArrayLike<number>;
}

/** Convolutions, and what they become once they have a bias. */
const withBias: Readonly<Record<string, string>> = {
  Conv2D: "FusedConv2D",
  FusedConv2D: "FusedConv2D",
  DepthwiseConv2dNative: "FusedDepthwiseConv2D",
  FusedDepthwiseConv2D: "FusedDepthwiseConv2D",
};

/**
 * Folds batch norms, biases and other constant factors and offsets of channels into the convolution before them, where
 * nothing else sees its result: W' = W · scale, b' = b · scale + shift. Computed in double precision.
 */
export function foldAffine(graph: TracedGraph): TracedGraph {
  const uses = countUses(graph);
  const producers = new Map<GraphValue, number>();
  const nodes: (GraphNode | undefined)[] = [];
  for (const node of graph.nodes) {
    const channels = sizeOf(node.outputs[0]?.shape.at(-1));
    const found = affineOf(node, channels);
    const at = found === undefined ? undefined : producers.get(found.input);
    const before = at === undefined ? undefined : nodes[at];
    const isOnly = found !== undefined && uses.get(found.input) === 1;
    const folded = before && found && isOnly ? folding(before, found.affine, node) : undefined;
    if (folded !== undefined && at !== undefined) nodes[at] = undefined;
    const place = nodes.push(folded ?? node) - 1;
    for (const output of node.outputs) producers.set(output, place);
  }
  return { ...graph, nodes: nodes.filter((node) => node !== undefined) };
}

/** The convolution with the affine map inside, in the place of `after`. */
function folding(convolution: GraphNode, { scale, shift }: Affine, after: GraphNode): GraphNode | undefined {
  const kernel = withBias[convolution.kernel];
  const { filter, bias } = convolution.inputs;
  const { activation = "linear", dataFormat = "NHWC" } = convolution.attributes;
  const weights = filter?.constant;
  if (kernel === undefined || filter === undefined || weights === undefined) return undefined;
  if (activation !== "linear" || dataFormat !== "NHWC") return undefined;
  if (bias !== undefined && bias.constant?.length !== scale.length) return undefined;
  // [height, width, in, out], and of depthwise ones [height, width, in, multiplier], whose last two axes are the channels
  const folded = new Float32Array(weights.length);
  for (let place = 0; place < folded.length; place++) {
    folded[place] = (weights[place] ?? 0) * (scale[place % scale.length] ?? 1);
  }
  const shifts = Float32Array.from(
    { length: scale.length },
    (_, place) => (bias?.constant?.[place] ?? 0) * (scale[place] ?? 1) + (shift[place] ?? 0),
  );
  return {
    ...convolution,
    kernel,
    inputs: {
      ...convolution.inputs,
      filter: { ...filter, constant: folded },
      bias: { shape: [scale.length], dtype: "float32", constant: shifts },
    },
    attributes: { ...convolution.attributes, activation: "linear" },
    outputs: after.outputs,
    place: after.place,
  };
}

function affineOf(node: GraphNode, channels: number): { input: GraphValue; affine: Affine } | undefined {
  if (node.outputs[0]?.dtype !== "float32") return undefined;
  if (node.kernel === "FusedBatchNorm") return batchNormAffine(node);
  const { a, b } = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  const numbers = ofChannels(b, channels) ?? ofChannels(a, channels);
  if (numbers === undefined) return undefined;
  const isSecond = b.constant !== undefined;
  const input = isSecond ? a : b;
  const [ones, zeros] = [numbers.map(() => 1), numbers.map(() => 0)];
  if (sizeOf(input.shape.at(-1)) !== channels) return undefined;
  if (node.kernel === "Add") return { input, affine: { scale: ones, shift: numbers } };
  if (node.kernel === "Multiply") return { input, affine: { scale: numbers, shift: zeros } };
  if (node.kernel === "Sub" && isSecond) {
    return { input, affine: { scale: ones, shift: numbers.map((value) => -value) } };
  }
  return undefined;
}

function batchNormAffine({ inputs, attributes }: GraphNode): { input: GraphValue; affine: Affine } | undefined {
  const { x, mean, variance, scale, offset } = inputs;
  const [means, variances] = [mean?.constant, variance?.constant];
  if (x === undefined || means === undefined || variances === undefined || mean?.shape.length !== 1) return undefined;
  if ((scale && !scale.constant) || (offset && !offset.constant)) return undefined;
  const factors = batchNormFactors(variances, scale?.constant, attributes["varianceEpsilon"]);
  const shift = factors.map((factor, place) => (offset?.constant?.[place] ?? 0) - (means[place] ?? 0) * factor);
  return { input: x, affine: { scale: factors, shift } };
}

/** γ / √(variance + ε) */
function batchNormFactors(variances: ArrayLike<number>, gamma: ArrayLike<number> | undefined, epsilon: unknown) {
  const added = typeof epsilon === "number" ? epsilon : 0.001; // TensorFlow.js's own default
  return Array.from(variances, (variance, place) => (gamma?.[place] ?? 1) / Math.sqrt(variance + added));
}

/** A constant that has one number for each channel, or one for all. */
function ofChannels({ shape, constant, dtype }: GraphValue, channels: number): number[] | undefined {
  if (constant === undefined || dtype !== "float32") return undefined;
  if (constant.length === 1) return Array.from({ length: channels }, () => constant[0] ?? 0);
  return constant.length === channels && sizeOf(shape.at(-1)) === channels ? [...constant] : undefined;
}
