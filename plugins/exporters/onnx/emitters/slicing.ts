import { isPerImage, sizeOf } from "../../trace/traced-graph.ts";
import {
  axesOf,
  type EmitterTable,
  inputOf,
  listOf,
  numberOf,
  numbersOf,
  type OnnxEmitter,
  outputOf,
  UnsupportedUse,
} from "../emitter.ts";

/** Beyond the end of every axis: up to its last element. */
const end = 2 ** 31 - 1;

/** A part of some axes; those that are taken whole are not written. */
const slice: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "x");
  const output = outputOf(node);
  const begin = numbersOf(node, "begin");
  const parts = output.shape.flatMap((size, axis) => {
    const from = begin[axis] ?? 0;
    if (isPerImage(size) || isPerImage(input.shape[axis])) {
      if (from !== 0 || sizeOf(size) !== sizeOf(input.shape[axis])) throw new UnsupportedUse("it cuts the batch");
      return [];
    }
    return from === 0 && size === input.shape[axis] ? [] : [{ axis, from, to: from + size }];
  });
  const { tensor, order } = onnx.stored(input);
  if (parts.length === 0) return onnx.give(output, tensor, order);
  const starts = onnx.integers(parts.map(({ from }) => from));
  const ends = onnx.integers(parts.map(({ to }) => to));
  const axes = onnx.integers(parts.map(({ axis }) => order.indexOf(axis)));
  onnx.give(output, onnx.node("Slice", [tensor, starts, ends, axes]), order);
};

const stridedSlice: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "x");
  const output = outputOf(node);
  const masks = ["ellipsisMask", "newAxisMask", "shrinkAxisMask"].filter((name) => numberOf(node, name, 0) !== 0);
  if (masks.length > 0) throw new UnsupportedUse(`it uses ${masks.join(" and ")}`);
  const { attributes } = node;
  const [begins, ends, strides] = [attributes["begin"], attributes["end"], attributes["strides"]];
  if (!Array.isArray(begins) || !Array.isArray(ends) || !Array.isArray(strides)) {
    throw new UnsupportedUse("its begin, end and strides are no lists");
  }
  const parts = input.shape.map((size, axis) => {
    const isSet = (mask: string): boolean => (numberOf(node, mask, 0) & (1 << axis)) !== 0;
    const stride: unknown = strides[axis] ?? 1;
    const [from, to]: readonly unknown[] = [
      isSet("beginMask") ? 0 : (begins[axis] ?? 0),
      isSet("endMask") || isPerImage(ends[axis]) ? end : (ends[axis] ?? end),
    ];
    if (typeof from !== "number" || typeof to !== "number" || typeof stride !== "number" || stride < 1) {
      throw new UnsupportedUse("it goes backwards, or begins where the batch says");
    }
    return { from, to: isPerImage(size) ? end : to, stride };
  });
  const tensors = [
    onnx.plain(input),
    onnx.integers(parts.map(({ from }) => from)),
    onnx.integers(parts.map(({ to }) => to)),
    onnx.integers(parts.map((_, axis) => axis)),
    onnx.integers(parts.map(({ stride }) => stride)),
  ];
  onnx.give(output, onnx.node("Slice", tensors));
};

const concat: OnnxEmitter = (node, onnx) => {
  const values = listOf(node);
  const output = outputOf(node);
  const [axis = 0] = axesOf(node, "axis", output.shape.length);
  const turned = values.find((value) => !onnx.isStraight(value));
  const order = turned === undefined ? output.shape.map((_, place) => place) : onnx.stored(turned).order;
  const tensors = values.map((value) => onnx.arranged(value, order));
  onnx.give(output, onnx.node("Concat", tensors, { axis: order.indexOf(axis) }), order);
};

const split: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "x");
  const [axis = 0] = axesOf(node, "axis", input.shape.length);
  const { tensor, order } = onnx.stored(input);
  const sizes = node.outputs.map(({ shape }) => {
    if (isPerImage(shape[axis])) throw new UnsupportedUse("it splits the batch");
    return sizeOf(shape[axis]);
  });
  const attributes = { axis: order.indexOf(axis) };
  const parts = onnx.nodes("Split", [tensor, onnx.integers(sizes)], sizes.length, attributes);
  for (const [place, output] of node.outputs.entries()) onnx.give(output, parts[place] ?? "", order);
};

const pack: OnnxEmitter = (node, onnx) => {
  const output = outputOf(node);
  const [axis = 0] = axesOf(node, "axis", output.shape.length);
  const axes = onnx.integers([axis]);
  const widened = listOf(node).map((value) => onnx.node("Unsqueeze", [onnx.plain(value), axes]));
  onnx.give(output, onnx.node("Concat", widened, { axis }));
};

const unpack: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "value");
  const [axis = 0] = axesOf(node, "axis", input.shape.length);
  const sizes = onnx.integers(node.outputs.map(() => 1));
  const parts = onnx.nodes("Split", [onnx.plain(input), sizes], node.outputs.length, { axis });
  for (const [place, output] of node.outputs.entries()) {
    onnx.give(output, onnx.node("Squeeze", [parts[place] ?? "", onnx.integers([axis])]));
  }
};

const gather: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "x");
  const indices = inputOf(node, "indices");
  if (numberOf(node, "batchDims", 0) !== 0) throw new UnsupportedUse("it gathers within each image");
  const [axis = 0] = axesOf(node, "axis", input.shape.length);
  onnx.give(outputOf(node), onnx.node("Gather", [onnx.plain(input), onnx.plain(indices)], { axis }));
};

const tile: OnnxEmitter = (node, onnx) => {
  onnx.give(
    outputOf(node),
    onnx.node("Tile", [onnx.plain(inputOf(node, "x")), onnx.integers(numbersOf(node, "reps"))]),
  );
};

/** Kernels that take parts or put them together. */
export const slicingEmitters: EmitterTable = {
  Concat: concat,
  GatherV2: gather,
  Pack: pack,
  Slice: slice,
  SplitV: split,
  StridedSlice: stridedSlice,
  Tile: tile,
  Unpack: unpack,
};
