import { KdflowError } from "../../../core/index.ts";
import { UnsupportedUse } from "../onnx/emitter.ts";
import { inputName, type PhotoInput } from "../onnx/write-graph.ts";
import { fitPhoto } from "../photo/fit-photo.ts";
import { graphPhotoOps } from "../photo/graph-photo-ops.ts";
import { photoBoxes } from "../photo/photo-boxes.ts";
import { boxesName } from "../trace/decode-boxes.ts";
import type { GraphNode, GraphValue, TracedGraph } from "../trace/traced-graph.ts";
import { elementwiseEmitters } from "./emitters/elementwise.ts";
import { shapeEmitters } from "./emitters/shapes.ts";
import { windowEmitters } from "./emitters/windows.ts";
import { freeShape, GraphEmission, type StoredWeight, typeAttribute } from "./graph-emission.ts";
import type { GraphEmitterTable } from "./graph-emitter.ts";

const emitters: GraphEmitterTable = { ...elementwiseEmitters, ...shapeEmitters, ...windowEmitters };

/** Of TensorFlow's graphs; readers take what they know up to it. */
const producer = 1087;

/** How a graph is written beyond what it computes. */
export interface GraphForm {
  /** Type of the pixels. int32 unless given: what pages and Node read pixels as. */
  readonly pixels?: "int32" | "uint8";
  /** Where photos of any size are taken, how they lie on the model's canvas. */
  readonly photo?: PhotoInput | undefined;
  /** Who writes it, for errors. */
  readonly provider?: string;
}

export interface WrittenGraphModel {
  /** Name of the node that gives the result of each node of the graph. */
  readonly places: readonly { readonly node: GraphNode; readonly value: GraphValue; readonly name: string }[];
  /** The content of `model.json`. */
  readonly json: object;
  /** The content of `weights.bin`. */
  readonly weights: Uint8Array;
}

/**
 * Writes a graph as a TensorFlow.js graph model of TensorFlow's plain operations. Takes whole numbers 0…255.
 *
 * @throws KDF_EXPORT_KERNEL naming provider, kernel and layer
 */
export function writeGraphModel(
  graph: TracedGraph,
  metadata: Readonly<Record<string, unknown>>,
  { pixels = "int32", provider = "export/graph-model", photo }: GraphForm = {},
): WrittenGraphModel {
  const emission = new GraphEmission();
  const shape = photo === undefined ? shapeOf(graph.input) : photoShape;
  emission.named(inputName, "Placeholder", [], { dtype: typeAttribute(pixels), shape: { shape } });
  emission.enter("input");
  const fitted = writeInput(graph, { pixels, photo }, emission);
  const places = graph.nodes.flatMap((node) => {
    emission.enter(node.layer?.name ?? "decode");
    writeNode(node, emission, provider);
    const [value] = node.outputs;
    return value === undefined ? [] : [{ node, value, name: emission.of(value) }];
  });
  for (const [name, value] of Object.entries(graph.outputs)) {
    emission.enter("output");
    const own = emission.of(value);
    const isBoxes = name === boxesName && fitted !== undefined;
    const given = isBoxes ? photoBoxes(fitted.ops, own, fitted.photo) : own;
    emission.named(name, "Identity", [given], { T: typeAttribute(value.dtype) });
  }
  const entry = (name: string, tensorShape: object, dtype: string): object => ({
    name: `${name}:0`,
    dtype: typeAttribute(dtype)["type"],
    tensorShape,
  });
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [
    name,
    entry(name, shapeOf(value), value.dtype),
  ]);
  const manifest = emission.weights.map(({ name, shape: sides, dtype }) => ({ name, shape: sides, dtype }));
  const json = {
    format: "graph-model",
    generatedBy: "kdflow",
    convertedBy: null,
    signature: {
      inputs: { [inputName]: entry(inputName, shape, pixels) },
      outputs: Object.fromEntries(outputs),
    },
    userDefinedMetadata: metadata,
    modelTopology: { node: emission.nodes, versions: { producer } },
    weightsManifest: [{ paths: ["weights.bin"], weights: manifest }],
  };
  return { json, places, weights: Buffer.concat(emission.weights.map(bytesOf)) };
}

/** Of one decoded photo. */
const photoShape = { dim: ["1", "-1", "-1", "3"].map((size) => ({ size })) };

/** Says where the network finds its pixels; of photos also how they lie on its canvas. */
function writeInput(
  graph: TracedGraph,
  { pixels, photo }: { pixels: string; photo: PhotoInput | undefined },
  emission: GraphEmission,
) {
  if (photo === undefined) {
    const cast = { SrcT: typeAttribute(pixels), DstT: typeAttribute("float32") };
    emission.give(graph.input, emission.node("Cast", [inputName], cast));
    return undefined;
  }
  const ops = graphPhotoOps(emission, inputName);
  const fitted = fitPhoto(ops, photo.imageSize, photo.fit);
  emission.give(graph.input, fitted.pixels);
  return { ops, photo: fitted };
}

function writeNode(node: GraphNode, emission: GraphEmission, provider: string): void {
  const emitter = Object.hasOwn(emitters, node.kernel) ? emitters[node.kernel] : undefined;
  if (emitter === undefined) throw unsupported(node, "no emitter writes it for TensorFlow", provider);
  try {
    emitter(node, emission);
  } catch (error) {
    if (error instanceof UnsupportedUse) throw unsupported(node, error.message, provider);
    throw error;
  }
}

function bytesOf({ values }: StoredWeight): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function shapeOf(value: GraphValue): object {
  return { dim: freeShape(value).map((size) => ({ size: String(size) })) };
}

function unsupported({ kernel, layer }: GraphNode, why: string, provider: string): KdflowError {
  const where = layer === undefined ? "outside of any layer" : `in the layer "${layer.name}" (${layer.className})`;
  return new KdflowError("KDF_EXPORT_KERNEL", `${provider} cannot write the kernel ${kernel} ${where}: ${why}`, {
    hint: "take another layer, or `export: layers-model`",
  });
}
