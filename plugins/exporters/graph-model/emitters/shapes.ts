import { axesOf, inputOf, listOf, numberOf, numbersOf, outputOf, UnsupportedUse } from "../../onnx/emitter.ts";
import { type GraphValue, isPerImage, sizeOf } from "../../trace/traced-graph.ts";
import { freeShape, typeAttribute } from "../graph-emission.ts";
import type { GraphEmitter, GraphEmitterTable } from "../graph-emitter.ts";
import { activated } from "./activations.ts";

const typed = ({ dtype }: GraphValue) => ({ T: typeAttribute(dtype) });
const index = typeAttribute("int32");

/** Every kernel whose result has the numbers of its input in their order. */
const reshape: GraphEmitter = (node, graph) => {
  const input = node.inputs["x"] ?? inputOf(node, "input");
  const shape = freeShape(outputOf(node));
  if (shape.filter((size) => size === -1).length > 1) throw new UnsupportedUse("two of its sides follow the batch");
  graph.give(
    outputOf(node),
    graph.node("Reshape", [graph.of(input), graph.integers(shape)], { ...typed(input), Tshape: index }),
  );
};

const transpose: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "x");
  const given = node.attributes["perm"];
  const perm = Array.isArray(given) ? (given as number[]) : input.shape.map((_, axis) => input.shape.length - 1 - axis);
  graph.give(
    outputOf(node),
    graph.node("Transpose", [graph.of(input), graph.integers(perm)], { ...typed(input), Tperm: index }),
  );
};

const concat: GraphEmitter = (node, graph) => {
  const values = listOf(node);
  const output = outputOf(node);
  const [axis = 0] = axesOf(node, "axis", output.shape.length);
  const attr = { ...typed(output), Tidx: index, N: { i: values.length } };
  graph.give(output, graph.node("ConcatV2", [...values.map((value) => graph.of(value)), graph.integer(axis)], attr));
};

const slice: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "x");
  const output = outputOf(node);
  const begin = numbersOf(node, "begin");
  const sizes = output.shape.map((size, axis) => {
    if (!isPerImage(size) && !isPerImage(input.shape[axis])) return size;
    const isWhole = (begin[axis] ?? 0) === 0 && sizeOf(size) === sizeOf(input.shape[axis]);
    if (!isWhole) throw new UnsupportedUse("it cuts the batch");
    return -1;
  });
  const names = [
    graph.of(input),
    graph.integers(output.shape.map((_, axis) => begin[axis] ?? 0)),
    graph.integers(sizes),
  ];
  graph.give(output, graph.node("Slice", names, { ...typed(input), Index: index }));
};

const stridedSlice: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "x");
  const ends = node.attributes["end"];
  if (!Array.isArray(ends)) throw new UnsupportedUse("its end is no list");
  // an end that follows the batch is the end of its axis
  const free = ends.reduce((mask: number, end: unknown, axis) => (isPerImage(end) ? mask | (1 << axis) : mask), 0);
  const end = ends.map((each: unknown) => (typeof each === "number" ? each : 0));
  const mask = (name: string, more = 0) => ({ i: numberOf(node, name, 0) | more });
  const lists = [numbersOf(node, "begin"), end, numbersOf(node, "strides")].map((list) => graph.integers(list));
  const attr = {
    ...typed(input),
    Index: index,
    begin_mask: mask("beginMask"),
    end_mask: mask("endMask", free),
    ellipsis_mask: mask("ellipsisMask"),
    new_axis_mask: mask("newAxisMask"),
    shrink_axis_mask: mask("shrinkAxisMask"),
  };
  graph.give(outputOf(node), graph.node("StridedSlice", [graph.of(input), ...lists], attr));
};

const split: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "x");
  const [axis = 0] = axesOf(node, "axis", input.shape.length);
  const sizes = node.outputs.map(({ shape }) => sizeOf(shape[axis]));
  const attr = { ...typed(input), Tlen: index, num_split: { i: sizes.length } };
  const name = graph.node("SplitV", [graph.of(input), graph.integers(sizes), graph.integer(axis)], attr);
  for (const [place, output] of node.outputs.entries()) graph.give(output, place === 0 ? name : `${name}:${place}`);
};

const unpack: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "value");
  const [axis = 0] = axesOf(node, "axis", input.shape.length);
  const attr = { ...typed(input), num: { i: node.outputs.length }, axis: { i: axis } };
  const name = graph.node("Unpack", [graph.of(input)], attr);
  for (const [place, output] of node.outputs.entries()) graph.give(output, place === 0 ? name : `${name}:${place}`);
};

const pack: GraphEmitter = (node, graph) => {
  const values = listOf(node);
  const output = outputOf(node);
  const [axis = 0] = axesOf(node, "axis", output.shape.length);
  const attr = { ...typed(output), N: { i: values.length }, axis: { i: axis } };
  graph.give(
    output,
    graph.node(
      "Pack",
      values.map((value) => graph.of(value)),
      attr,
    ),
  );
};

const gather: GraphEmitter = (node, graph) => {
  const [input, indices] = [inputOf(node, "x"), inputOf(node, "indices")];
  if (numberOf(node, "batchDims", 0) !== 0) throw new UnsupportedUse("it gathers within each image");
  const [axis = 0] = axesOf(node, "axis", input.shape.length);
  const attr = { Tparams: typeAttribute(input.dtype), Tindices: index, Taxis: index, batch_dims: { i: 0 } };
  graph.give(outputOf(node), graph.node("GatherV2", [graph.of(input), graph.of(indices), graph.integer(axis)], attr));
};

const tile: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "x");
  const attr = { ...typed(input), Tmultiples: index };
  graph.give(outputOf(node), graph.node("Tile", [graph.of(input), graph.integers(numbersOf(node, "reps"))], attr));
};

const reverse: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "x");
  const axes = graph.integers(axesOf(node, "dims", input.shape.length));
  graph.give(outputOf(node), graph.node("ReverseV2", [graph.of(input), axes], { ...typed(input), Tidx: index }));
};

const reduction = (op: string): GraphEmitter => {
  return (node, graph) => {
    const input = inputOf(node, "x");
    const output = outputOf(node);
    const axes = graph.integers(axesOf(node, "axis", input.shape.length));
    const attr = { ...typed(input), Tidx: index, keep_dims: { b: output.shape.length === input.shape.length } };
    graph.give(output, graph.node(op, [graph.of(input), axes], attr));
  };
};

const softmax: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "logits");
  const last = input.shape.length - 1;
  if (![-1, last].includes(numberOf(node, "dim", -1))) throw new UnsupportedUse("it is not over the last axis");
  graph.give(outputOf(node), graph.float("Softmax", [graph.of(input)]));
};

const product: GraphEmitter = (node, graph) => {
  const { bias } = node.inputs;
  const [a, b] = [inputOf(node, "a"), inputOf(node, "b")];
  const [adj, other] = [{ b: node.attributes["transposeA"] === true }, { b: node.attributes["transposeB"] === true }];
  const names = [graph.of(a), graph.of(b)];
  const isMatrix = a.shape.length === 2 && b.shape.length === 2;
  const summed = isMatrix
    ? graph.float("MatMul", names, { transpose_a: adj, transpose_b: other })
    : graph.float("BatchMatMulV2", names, { adj_x: adj, adj_y: other });
  const shifted = bias === undefined ? summed : graph.float("AddV2", [summed, graph.of(bias)]);
  graph.give(outputOf(node), activated(node, graph, shifted));
};

/** A batch norm that stands alone: x · γ / √(variance + ε) + (β − mean · γ / √(variance + ε)) */
const batchNorm: GraphEmitter = (node, graph) => {
  const { scale, offset } = node.inputs;
  const [means, variances] = [inputOf(node, "mean").constant, inputOf(node, "variance").constant];
  if (means === undefined || variances === undefined) throw new UnsupportedUse("its statistics are not constant");
  if ((scale && !scale.constant) || (offset && !offset.constant)) throw new UnsupportedUse("its scale is not constant");
  const epsilon = numberOf(node, "varianceEpsilon", 0.001);
  const factors = Float32Array.from(
    variances,
    (variance, at) => (scale?.constant?.[at] ?? 1) / Math.sqrt(variance + epsilon),
  );
  const shifts = factors.map((factor, at) => (offset?.constant?.[at] ?? 0) - (means[at] ?? 0) * factor);
  const scaled = graph.float("Mul", [
    graph.of(inputOf(node, "x")),
    graph.constant("float32", [factors.length], factors),
  ]);
  graph.give(outputOf(node), graph.float("AddV2", [scaled, graph.constant("float32", [shifts.length], shifts)]));
};

/** Kernels that move, take, join or sum. */
export const shapeEmitters: GraphEmitterTable = {
  BatchMatMul: product,
  Concat: concat,
  ExpandDims: reshape,
  FusedBatchNorm: batchNorm,
  GatherV2: gather,
  Max: reduction("Max"),
  Mean: reduction("Mean"),
  Min: reduction("Min"),
  Pack: pack,
  Prod: reduction("Prod"),
  Reshape: reshape,
  Reverse: reverse,
  Slice: slice,
  Softmax: softmax,
  SplitV: split,
  StridedSlice: stridedSlice,
  Sum: reduction("Sum"),
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
  _FusedMatMul: product,
};
