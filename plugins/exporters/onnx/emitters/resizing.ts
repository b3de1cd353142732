import type { GraphNode, GraphValue } from "../../trace/traced-graph.ts";
import { sizeOf } from "../../trace/traced-graph.ts";
import { channelsFirst, type Emission } from "../emission.ts";
import {
  type EmitterTable,
  inputOf,
  numberOf,
  numbersOf,
  type OnnxEmitter,
  outputOf,
  UnsupportedUse,
} from "../emitter.ts";
import { mapSides } from "./windows.ts";

const pad: OnnxEmitter = (node, onnx) => {
  writePad(node, onnx, "constant", onnx.scalar(numberOf(node, "constantValue", 0)));
};

const mirrorPad: OnnxEmitter = (node, onnx) => {
  if (node.attributes["mode"] !== "reflect") throw new UnsupportedUse("it mirrors the border's own pixels too");
  writePad(node, onnx, "reflect", "");
};

function writePad(node: GraphNode, onnx: Emission, mode: string, value: string): void {
  const { tensor, order } = onnx.stored(inputOf(node, "x"));
  const paddings = node.attributes["paddings"] as readonly (readonly [number, number])[];
  const side = (place: 0 | 1): number[] => order.map((axis) => paddings[axis]?.[place] ?? 0);
  const pads = onnx.integers([...side(0), ...side(1)]);
  const inputs = value === "" ? [tensor, pads] : [tensor, pads, value];
  onnx.give(outputOf(node), onnx.node("Pad", inputs, { mode }), order);
}

/** Where a resized row or column comes from, as TensorFlow has it. */
function coordinates({ attributes }: GraphNode): "align_corners" | "half_pixel" | "asymmetric" {
  if (attributes["alignCorners"] === true) return "align_corners";
  return attributes["halfPixelCenters"] === true ? "half_pixel" : "asymmetric";
}

const nearest: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "images");
  const output = outputOf(node);
  const [from, to] = [mapSides(input), mapSides(output)];
  const map = onnx.arranged(input, channelsFirst);
  const doubles = to[0] % from[0] === 0 && to[1] % from[1] === 0 && coordinates(node) === "asymmetric";
  // factors that are no whole numbers are rounded in float32, which picks another pixel at some sizes
  const resized = doubles
    ? resize(onnx, map, input, output, { mode: "nearest", nearest_mode: "floor" }, "asymmetric")
    : gathered(node, onnx, gathered(node, onnx, map, 2, from[0], to[0]), 3, from[1], to[1]);
  onnx.give(output, resized, channelsFirst);
};

/** Rows or columns by the places that they come from. */
function gathered(node: GraphNode, onnx: Emission, map: string, axis: number, from: number, to: number): string {
  const mode = coordinates(node);
  const scale = mode === "align_corners" && to > 1 ? (from - 1) / (to - 1) : from / to;
  const sourceOf = (place: number): number => {
    if (mode === "align_corners") return Math.round(place * scale);
    return Math.floor((mode === "half_pixel" ? place + 0.5 : place) * scale);
  };
  const places = Array.from({ length: to }, (_, place) => Math.min(from - 1, sourceOf(place)));
  return onnx.node("Gather", [map, onnx.integers(places)], { axis });
}

const bilinear: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "images");
  const output = outputOf(node);
  const map = onnx.arranged(input, channelsFirst);
  onnx.give(output, resize(onnx, map, input, output, { mode: "linear" }, coordinates(node)), channelsFirst);
};

function resize(
  onnx: Emission,
  map: string,
  input: GraphValue,
  output: GraphValue,
  mode: { readonly mode: string; readonly nearest_mode?: string },
  coordinateMode: string,
): string {
  const [from, to] = [mapSides(input), mapSides(output)];
  const scales = Float32Array.of(1, 1, to[0] / from[0], to[1] / from[1]);
  const attributes = { ...mode, coordinate_transformation_mode: coordinateMode };
  return onnx.node("Resize", [map, "", onnx.constant("float32", [4], scales)], attributes);
}

const depthToSpace: OnnxEmitter = (node, onnx) => {
  if (node.attributes["dataFormat"] !== "NHWC") throw new UnsupportedUse("its dataFormat is not NHWC");
  const map = onnx.arranged(inputOf(node, "x"), channelsFirst);
  const attributes = { blocksize: numberOf(node, "blockSize"), mode: "DCR" };
  onnx.give(outputOf(node), onnx.node("DepthToSpace", [map], attributes), channelsFirst);
};

const reverse: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "x");
  const dims = numbersOf(node, "dims");
  const axes = dims.map((axis) => (axis < 0 ? axis + input.shape.length : axis));
  const flipped = axes.reduce((tensor, axis) => {
    const last = sizeOf(input.shape[axis]) - 1;
    const places = onnx.integers(Array.from({ length: last + 1 }, (_, place) => last - place));
    return onnx.node("Gather", [tensor, places], { axis });
  }, onnx.plain(input));
  onnx.give(outputOf(node), flipped);
};

/** Kernels that make maps larger or smaller, or turn them round. */
export const resizingEmitters: EmitterTable = {
  DepthToSpace: depthToSpace,
  MirrorPad: mirrorPad,
  PadV2: pad,
  ResizeBilinear: bilinear,
  ResizeNearestNeighbor: nearest,
  Reverse: reverse,
};
