import { type GraphNode, type GraphValue, isPerImage, type Size, sizeOf } from "../../trace/traced-graph.ts";
import { channelsAfterBatch } from "../axis-order.ts";
import type { Emission } from "../emission.ts";
import { type EmitterTable, inputOf, type OnnxEmitter, outputOf, UnsupportedUse } from "../emitter.ts";

/**
 * Gives the same numbers another shape. Where the last axis alone is split, or the last ones are joined, channels stay
 * where they lie; where axes of one element alone lie elsewhere, nothing has to be turned either.
 */
const reshape: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "x");
  const output = outputOf(node);
  const [from, to] = [input.shape, output.shape];
  const { order } = onnx.stored(input);
  const shared = sharedAxes(from, to);
  if (shared === from.length && shared === to.length) return onnx.give(output, onnx.stored(input).tensor, order);
  if (!onnx.isStraight(input) && shared >= 3 && shared === from.length - 1 && to.length >= from.length) {
    // the last axis is split: its parts lie where it lay
    const wanted = channelsAfterBatch(from.length);
    const parts = to.slice(shared).map((_, axis) => shared + axis);
    give(onnx, output, onnx.arranged(input, wanted), [0, ...parts, ...middle(shared)]);
  } else if (!onnx.isStraight(input) && shared >= 3 && shared === to.length - 1 && from.length >= to.length) {
    // axes behind are joined, and have to lie side by side first
    const joined = from.slice(shared).map((_, axis) => shared + axis);
    give(onnx, output, onnx.arranged(input, [0, ...joined, ...middle(shared)]), channelsAfterBatch(to.length));
  } else if (liesAsItself(input, order)) {
    give(onnx, output, onnx.stored(input).tensor, pixelOrder(to));
  } else {
    give(onnx, output, onnx.plain(input), pixelOrder(to));
  }
};

/** Axes behind the batch, but for the last one shared. */
function middle(shared: number): number[] {
  return Array.from({ length: shared - 1 }, (_, axis) => axis + 1);
}

function give(onnx: Emission, output: GraphValue, tensor: string, order: readonly number[]): void {
  const sizes = order.map((axis) => output.shape[axis] ?? 1);
  const shape = onnx.shape(sizes);
  if (shape === undefined) throw new UnsupportedUse("several axes of its result follow the batch");
  onnx.give(output, onnx.node("Reshape", [tensor, shape]), order);
}

/** How many axes in front are the same. */
function sharedAxes(from: readonly Size[], to: readonly Size[]): number {
  const differing = from.findIndex((size, axis) => !sameSize(size, to[axis]));
  return differing === -1 ? from.length : differing;
}

function sameSize(one: Size, other: Size | undefined): boolean {
  if (isPerImage(one) || isPerImage(other)) {
    return isPerImage(one) && isPerImage(other) && one.perImage === other.perImage;
  }
  return one === other;
}

/** Whether the axes that have more than one element lie in their own order. */
function liesAsItself({ shape }: GraphValue, order: readonly number[]): boolean {
  const long = order.filter((axis) => isPerImage(shape[axis]) || sizeOf(shape[axis]) !== 1);
  return long.every((axis, place) => place === 0 || axis > (long[place - 1] ?? 0));
}

/** One pixel of many channels is given as convolutions want it: it lies the same either way. */
function pixelOrder(to: readonly Size[]): readonly number[] {
  const isPixel = to.length === 4 && to[1] === 1 && to[2] === 1;
  return isPixel ? channelsAfterBatch(4) : to.map((_, axis) => axis);
}

/** Nothing moves: the axes are only called otherwise until somebody needs them in their order. */
const transpose: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "x");
  const { tensor, order } = onnx.stored(input);
  const perm = permutation(node, input);
  onnx.give(
    outputOf(node),
    tensor,
    order.map((axis) => perm.indexOf(axis)),
  );
};

function permutation({ attributes }: GraphNode, { shape }: GraphValue): readonly number[] {
  const { perm } = attributes;
  if (Array.isArray(perm)) return perm as readonly number[];
  return shape.map((_, axis) => shape.length - 1 - axis);
}

const expandDims: OnnxEmitter = (node, onnx) => reshape(node.inputs["x"] ? node : renamed(node, "input"), onnx);

/** The node with an input under the name that {@link reshape} asks for. */
function renamed(node: GraphNode, name: string): GraphNode {
  return { ...node, inputs: { x: inputOf(node, name) } };
}

/** Kernels that move no number, or all of them alike. */
export const reshapingEmitters: EmitterTable = {
  ExpandDims: expandDims,
  Reshape: reshape,
  Transpose: transpose,
};
