import { type ImageSize, KdflowError } from "../../../core/index.ts";
import { type OnnxSize, OnnxWriter } from "../../teachers/onnx/onnx-writer.ts";
import { fitPhoto } from "../photo/fit-photo.ts";
import { onnxPhotoOps } from "../photo/onnx-photo-ops.ts";
import { photoBoxes } from "../photo/photo-boxes.ts";
import { boxesName, scoresName } from "../trace/decode-boxes.ts";
import { type GraphNode, type GraphValue, isPerImage, sizeOf, type TracedGraph } from "../trace/traced-graph.ts";
import { builtinEmitters } from "./builtin-emitters.ts";
import { channelsFirst, Emission, type StoredValue } from "./emission.ts";
import { type EmitterTable, UnsupportedUse } from "./emitter.ts";
import { type Decoded, detectionCount, detectionOutputs, writeSuppression } from "./suppression.ts";

/** Shrinking is antialiased from this operator set on; ONNX Runtime and boards read it since 2023. */
const versions = { opset: 18, irVersion: 8 } as const;

export type Layout = "nhwc" | "nchw";

export interface WriteRequest {
  readonly graph: TracedGraph;
  /** Of the pixels, and of outputs that are feature maps. */
  readonly layout: Layout;
  readonly metadata: Readonly<Record<string, string>>;
  /** Takes photos of any size and fits them; boxes then are in pixels of the photo. */
  readonly photo?: PhotoInput | undefined;
  /** Whether the boxes of one image are suppressed; they are not unless given. */
  readonly suppress?: boolean;
  /** Emitters of other packages; they come before the ones that are built in. */
  readonly emitters?: EmitterTable;
}

/** What a photo is fitted to. */
export interface PhotoInput {
  readonly imageSize: ImageSize;
  /** Where the size says none. */
  readonly fit: "crop" | "stretch";
}

export interface WrittenGraph {
  readonly bytes: Uint8Array;
  /** Outputs by their names, as they are before boxes are suppressed. */
  readonly answers: Readonly<Record<string, string>>;
  /** Kinds of operators that a reader of the file needs. */
  readonly operators: readonly string[];
  /** Where the result of each node of the graph lies, in the graph's order; ends of folded nodes are left out. */
  readonly places: readonly { readonly node: GraphNode; readonly value: GraphValue; readonly stored: StoredValue }[];
}

/** Name of the input: uint8 pixels. */
export const inputName = "pixels";

/**
 * Writes a graph as an ONNX file that takes uint8 pixels.
 *
 * @throws KDF_EXPORT_KERNEL naming provider, kernel and layer
 */
export function writeGraph(request: WriteRequest): WrittenGraph {
  const { graph, layout, metadata, emitters = {}, suppress = false } = request;
  const writer = new OnnxWriter(versions);
  const onnx = new Emission(writer);
  const table = { ...builtinEmitters, ...emitters };
  onnx.enter("input");
  const photo = writeInput(request, onnx);
  const places = graph.nodes.flatMap((node) => {
    onnx.enter(node.layer?.name ?? "decode");
    writeNode(node, onnx, table);
    const [value] = node.outputs;
    return value === undefined ? [] : [{ node, value, stored: onnx.stored(value) }];
  });
  onnx.enter("output");
  const answers = Object.entries(graph.outputs).map(([name, value]): readonly [string, string] => {
    const order = value.shape.length === 4 && layout === "nchw" ? channelsFirst : value.shape.map((_, axis) => axis);
    const tensor = onnx.arranged(value, order);
    const isBoxes = name === boxesName && photo !== undefined;
    const given = isBoxes ? photoBoxes(photo.ops, tensor, photo.fitted) : tensor;
    if (!suppress) writeOutput(name, given, value, sizesOf(value, order), onnx);
    return [name, given];
  });
  const named = Object.fromEntries(answers);
  const { [boxesName]: shown = "", [scoresName]: scores = "" } = named;
  if (suppress) writeDetections({ boxes: canvasBoxes(graph, onnx), shown, scores }, onnx);
  for (const [key, value] of Object.entries(metadata)) writer.metadata(key, value);
  return { bytes: writer.finish(), answers: named, operators: writer.operators, places };
}

/** Declares the pixels and says where the network finds them; for photos also how they lie on its canvas. */
function writeInput({ graph, layout, photo }: WriteRequest, onnx: Emission) {
  if (photo === undefined) {
    const order = layout === "nchw" ? channelsFirst : [0, 1, 2, 3];
    const [batch = "batch", ...sides] = sizesOf(graph.input, order);
    onnx.writer.input(inputName, sides, "uint8", batch);
    onnx.give(graph.input, onnx.node("Cast", [inputName], { to: 1 }), order);
    return undefined;
  }
  onnx.writer.input(inputName, ["height", "width", 3], "uint8", 1);
  const ops = onnxPhotoOps(onnx, inputName);
  const fitted = fitPhoto(ops, photo.imageSize, photo.fit);
  onnx.give(graph.input, fitted.pixels, [0, 1, 2, 3]);
  return { ops, fitted };
}

/** Boxes as they are decoded, in pixels of the canvas. */
function canvasBoxes({ outputs: { [boxesName]: boxes } }: TracedGraph, onnx: Emission): string {
  return boxes === undefined ? "" : onnx.plain(boxes);
}

function writeDetections(decoded: Decoded, onnx: Emission): void {
  const found = writeSuppression(onnx, decoded);
  for (const [place, name] of detectionOutputs.entries()) {
    onnx.writer.namedNode("Identity", `output/${name}`, [found[place] ?? ""], [name]);
    onnx.writer.output(name, name === boxesName ? [detectionCount, 4] : [detectionCount], "float32", 1);
  }
}

function writeNode(node: GraphNode, onnx: Emission, table: EmitterTable): void {
  const emitter = Object.hasOwn(table, node.kernel) ? table[node.kernel] : undefined;
  if (emitter === undefined) throw unsupported(node, "no emitter writes it as ONNX");
  try {
    emitter(node, onnx);
  } catch (error) {
    if (error instanceof UnsupportedUse) throw unsupported(node, error.message);
    throw error;
  }
}

function writeOutput(
  name: string,
  tensor: string,
  value: GraphValue,
  [batch = "batch", ...sides]: readonly OnnxSize[],
  onnx: Emission,
): void {
  onnx.writer.namedNode("Identity", `output/${name}`, [tensor], [name]);
  onnx.writer.output(name, sides, value.dtype === "int32" ? "int32" : "float32", batch);
}

function sizesOf({ shape }: GraphValue, order: readonly number[]): OnnxSize[] {
  return order.map((axis) => {
    const size = shape[axis];
    if (!isPerImage(size)) return sizeOf(size);
    return size.perImage === 1 ? "batch" : `${size.perImage}*batch`;
  });
}

function unsupported({ kernel, layer }: GraphNode, why: string): KdflowError {
  const where = layer === undefined ? "outside of any layer" : `in the layer "${layer.name}" (${layer.className})`;
  return new KdflowError("KDF_EXPORT_KERNEL", `export/onnx cannot write the kernel ${kernel} ${where}: ${why}`, {
    hint: "take another layer, or `export: layers-model`; a plugin can write it: a provider of the family `emitters`, which the export names under `emitters`",
  });
}
