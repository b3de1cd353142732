import { inputOf, numberOf, outputOf, UnsupportedUse } from "../../onnx/emitter.ts";
import { sidesOf } from "../../onnx/emitters/windows.ts";
import { type GraphNode, sizeOf } from "../../trace/traced-graph.ts";
import { type GraphEmission, listAttribute, textAttribute, typeAttribute } from "../graph-emission.ts";
import type { GraphEmitter, GraphEmitterTable } from "../graph-emitter.ts";
import { activated } from "./activations.ts";

/** Attributes of a kernel with a window, and its input, padded by a node where the kernel's own padding is a number. */
function windowOf(node: GraphNode, graph: GraphEmission, filler: number) {
  const { pad, dataFormat = "NHWC", dimRoundingMode } = node.attributes;
  if (dataFormat !== "NHWC") throw new UnsupportedUse(`its dataFormat is ${String(dataFormat)}`);
  if (dimRoundingMode === "ceil") throw new UnsupportedUse("its sides are rounded up");
  const given = graph.of(inputOf(node, "x"));
  const strides = sidesOf(node, "strides");
  const attr = { strides: listAttribute([1, ...strides, 1]), data_format: textAttribute("NHWC") };
  if (pad === "same" || pad === "valid") {
    return { input: given, attr: { ...attr, padding: textAttribute(pad.toUpperCase()) } };
  }
  const pairs =
    typeof pad === "number"
      ? [
          [0, 0],
          [pad, pad],
          [pad, pad],
          [0, 0],
        ]
      : pad;
  if (!Array.isArray(pairs)) throw new UnsupportedUse(`its pad is ${JSON.stringify(pad)}`);
  const paddings = graph.constant("int32", [4, 2], Int32Array.from((pairs as number[][]).flat()));
  const input = padded(graph, given, paddings, filler);
  return { input, attr: { ...attr, padding: textAttribute("VALID") } };
}

function padded(graph: GraphEmission, input: string, paddings: string, filler: number): string {
  return graph.float("PadV2", [input, paddings, graph.scalar(filler)], { Tpaddings: typeAttribute("int32") });
}

function convolution(op: "Conv2D" | "DepthwiseConv2dNative"): GraphEmitter {
  return (node, graph) => {
    const { bias } = node.inputs;
    const { input, attr } = windowOf(node, graph, 0);
    const dilations = listAttribute([1, ...sidesOf(node, "dilations"), 1]);
    const summed = graph.float(op, [input, graph.of(inputOf(node, "filter"))], { ...attr, dilations });
    const shifted =
      bias === undefined
        ? summed
        : graph.float("BiasAdd", [summed, graph.of(bias)], { data_format: textAttribute("NHWC") });
    graph.give(outputOf(node), activated(node, graph, shifted));
  };
}

function pool(op: "MaxPool" | "AvgPool"): GraphEmitter {
  return (node, graph) => {
    const { pad } = node.attributes;
    const isOwn = pad === "same" || pad === "valid" || pad === 0;
    if (op === "AvgPool" && !isOwn) throw new UnsupportedUse("it averages over padding");
    const { input, attr } = windowOf(node, graph, Number.NEGATIVE_INFINITY);
    const ksize = listAttribute([1, ...sidesOf(node, "filterSize"), 1]);
    graph.give(outputOf(node), graph.float(op, [input], { ...attr, ksize }));
  };
}

const pad: GraphEmitter = (node, graph) => {
  const pairs = node.attributes["paddings"] as readonly (readonly number[])[];
  const paddings = graph.constant("int32", [pairs.length, 2], Int32Array.from(pairs.flat()));
  const input = graph.of(inputOf(node, "x"));
  graph.give(outputOf(node), padded(graph, input, paddings, numberOf(node, "constantValue", 0)));
};

const mirrorPad: GraphEmitter = (node, graph) => {
  const pairs = node.attributes["paddings"] as readonly (readonly number[])[];
  const paddings = graph.constant("int32", [pairs.length, 2], Int32Array.from(pairs.flat()));
  const mode = textAttribute(String(node.attributes["mode"]).toUpperCase());
  const attr = { Tpaddings: typeAttribute("int32"), mode };
  graph.give(outputOf(node), graph.float("MirrorPad", [graph.of(inputOf(node, "x")), paddings], attr));
};

function resize(op: "ResizeNearestNeighbor" | "ResizeBilinear"): GraphEmitter {
  return (node, graph) => {
    const { shape } = outputOf(node);
    const size = graph.integers([sizeOf(shape[1]), sizeOf(shape[2])]);
    const attr = {
      align_corners: { b: node.attributes["alignCorners"] === true },
      half_pixel_centers: { b: node.attributes["halfPixelCenters"] === true },
    };
    graph.give(outputOf(node), graph.float(op, [graph.of(inputOf(node, "images")), size], attr));
  };
}

const depthToSpace: GraphEmitter = (node, graph) => {
  const attr = {
    block_size: { i: numberOf(node, "blockSize") },
    data_format: textAttribute(String(node.attributes["dataFormat"])),
  };
  graph.give(outputOf(node), graph.float("DepthToSpace", [graph.of(inputOf(node, "x"))], attr));
};

/** Kernels with windows, and those that make maps larger or smaller. */
export const windowEmitters: GraphEmitterTable = {
  AvgPool: pool("AvgPool"),
  Conv2D: convolution("Conv2D"),
  DepthToSpace: depthToSpace,
  DepthwiseConv2dNative: convolution("DepthwiseConv2dNative"),
  FusedConv2D: convolution("Conv2D"),
  FusedDepthwiseConv2D: convolution("DepthwiseConv2dNative"),
  MaxPool: pool("MaxPool"),
  MirrorPad: mirrorPad,
  PadV2: pad,
  ResizeBilinear: resize("ResizeBilinear"),
  ResizeNearestNeighbor: resize("ResizeNearestNeighbor"),
};
