import { KdflowError } from "../../../core/index.ts";
import { type OnnxSize, OnnxWriter } from "../../teachers/onnx/onnx-writer.ts";
import { type GraphNode, type GraphValue, isPerImage, sizeOf, type TracedGraph } from "../trace/traced-graph.ts";
import { builtinEmitters } from "./builtin-emitters.ts";
import { channelsFirst, Emission, type StoredValue } from "./emission.ts";
import { type EmitterTable, UnsupportedUse } from "./emitter.ts";

/** Shrinking is antialiased from this operator set on; ONNX Runtime and boards read it since 2023. */
const versions = { opset: 18, irVersion: 8 } as const;

export type Layout = "nhwc" | "nchw";

export interface WriteRequest {
  readonly graph: TracedGraph;
  /** Of the pixels, and of outputs that are feature maps. */
  readonly layout: Layout;
  readonly metadata: Readonly<Record<string, string>>;
  /** Emitters of other packages; they come before the ones that are built in. */
  readonly emitters?: EmitterTable;
}

export interface WrittenGraph {
  readonly bytes: Uint8Array;
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
export function writeGraph({ graph, layout, metadata, emitters = {} }: WriteRequest): WrittenGraph {
  const writer = new OnnxWriter(versions);
  const onnx = new Emission(writer);
  const table = { ...builtinEmitters, ...emitters };
  const order = layout === "nchw" ? channelsFirst : [0, 1, 2, 3];
  const [batch = "batch", ...sides] = sizesOf(graph.input, order);
  writer.input(inputName, sides, "uint8", batch);
  onnx.enter("input");
  onnx.give(graph.input, onnx.node("Cast", [inputName], { to: 1 }), order);
  const places = graph.nodes.flatMap((node) => {
    onnx.enter(node.layer?.name ?? "decode");
    writeNode(node, onnx, table);
    const [value] = node.outputs;
    return value === undefined ? [] : [{ node, value, stored: onnx.stored(value) }];
  });
  onnx.enter("output");
  for (const [name, value] of Object.entries(graph.outputs)) writeOutput(name, value, layout, onnx);
  for (const [key, value] of Object.entries(metadata)) writer.metadata(key, value);
  return { bytes: writer.finish(), places };
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

function writeOutput(name: string, value: GraphValue, layout: Layout, onnx: Emission): void {
  const isMap = value.shape.length === 4;
  const order = isMap && layout === "nchw" ? channelsFirst : value.shape.map((_, axis) => axis);
  onnx.writer.namedNode("Identity", `output/${name}`, [onnx.arranged(value, order)], [name]);
  const [batch = "batch", ...sides] = sizesOf(value, order);
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
