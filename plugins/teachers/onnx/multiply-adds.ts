import type { ModelInput } from "../asking/model-input.ts";
import { pixelReadingOf } from "../detector/detector-file.ts";
import type { OnnxSession } from "./onnx-session.ts";
import { type ProtobufField, protobufFields } from "./protobuf-fields.ts";

/** A convolution, or a product of matrices. */
export interface Product {
  /** Tensor that it gives. */
  readonly output: string;
  /** Multiply-adds behind every number that it gives; where the file does not say, an axis of its first factor does. */
  readonly terms: number | { readonly tensor: string; readonly fromEnd: 1 | 2 };
}

/** Field numbers of `onnx.proto`. */
const modelGraph = 7;
const graph = { node: 1, initializer: 5 } as const;
const node = { input: 1, output: 2, operator: 4, attribute: 5 } as const;
const tensor = { dims: 1, name: 8 } as const;
const attribute = { name: 1, integer: 3 } as const;

/** Operators that multiply too and that are not counted here: a count without them would be no count. */
const uncounted =
  /^(Einsum|ConvTranspose|ConvInteger|QLinear|MatMul.|Deform|RNN|GRU|LSTM|If|Loop|Scan|Fused|.*Attention)/u;
/** Maps that are held at once. */
const mapsAtOnce = 8;

const decoder = new TextDecoder();

interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Attributes that are set and not 0. */
  readonly set: ReadonlySet<string>;
}

/**
 * The convolutions and products of matrices of a model; `undefined` where others of its operators multiply too, where
 * the filters of a convolution are computed, and where there are none.
 *
 * @param bytes of an ONNX file that was read before
 */
export function productsOf(bytes: Uint8Array): readonly Product[] | undefined {
  const sizes = new Map<string, readonly number[]>();
  const nodes: GraphNode[] = [];
  for (const { number, bytes: inner } of protobufFields(bytes)) {
    if (number !== modelGraph) continue;
    for (const field of protobufFields(inner)) {
      if (field.number === graph.initializer) {
        const parts = [...protobufFields(field.bytes)];
        sizes.set(textOf(parts, tensor.name)[0] ?? "", dimsOf(parts));
      } else if (field.number === graph.node) nodes.push(nodeOf(field.bytes));
    }
  }
  if (nodes.some(({ operator }) => uncounted.test(operator))) return undefined;
  const given = new Set(nodes.map(({ output }) => output));
  const products: Product[] = [];
  for (const one of nodes) {
    if (!["Conv", "MatMul", "Gemm"].includes(one.operator)) continue;
    const terms = one.operator === "Conv" ? filterSize(one, sizes) : sumLength(one, sizes);
    // an input of the graph cannot be given out again
    if (terms === undefined || (typeof terms === "object" && !given.has(terms.tensor))) return undefined;
    products.push({ output: one.output, terms });
  }
  return products.length > 0 ? products : undefined;
}

type Sizes = ReadonlyMap<string, readonly number[]>;

/** Weights of one filter, `[filters, channels / groups, ...]`. */
function filterSize({ inputs: [, weights = ""] }: GraphNode, sizes: Sizes): number | undefined {
  const shape = sizes.get(weights);
  return shape?.slice(1).reduce((product, side) => product * side, 1);
}

/** Length of the rows of the first factor, which is that of the columns of the second. */
function sumLength({ operator, inputs: [first = "", second = ""], set }: GraphNode, sizes: Sizes): Product["terms"] {
  const isGemm = operator === "Gemm";
  const [rows, columns] = [sizes.get(first), sizes.get(second)];
  const fromEnd = isGemm && set.has("transA") ? 2 : 1;
  const known = rows?.at(-fromEnd) ?? columns?.at(columns.length === 1 || (isGemm && set.has("transB")) ? -1 : -2);
  return known ?? { tensor: first, fromEnd };
}

function nodeOf(bytes: Uint8Array): GraphNode {
  const parts = [...protobufFields(bytes)];
  const attributes = parts
    .filter(({ number }) => number === node.attribute)
    .map((part) => [...protobufFields(part.bytes)])
    .filter((fields) => fields.some(({ number, integer }) => number === attribute.integer && integer !== 0));
  return {
    operator: textOf(parts, node.operator)[0] ?? "",
    inputs: textOf(parts, node.input),
    output: textOf(parts, node.output)[0] ?? "",
    set: new Set(attributes.flatMap((fields) => textOf(fields, attribute.name))),
  };
}

function textOf(parts: readonly ProtobufField[], number: number): string[] {
  return parts.filter((part) => part.number === number).map((part) => decoder.decode(part.bytes));
}

/** One by one, or packed into one field. */
function dimsOf(parts: readonly ProtobufField[]): number[] {
  return parts
    .filter(({ number }) => number === tensor.dims)
    .flatMap(({ bytes, integer }) => (bytes.length === 0 ? [integer] : varints(bytes)));
}

function varints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    values.push(value);
    [value, scale] = [0, 1];
  }
  return values;
}

/** Inner tensors that have to be given out for the count. */
export function countedTensors(products: readonly Product[]): readonly string[] {
  const firsts = products.flatMap(({ terms }) => (typeof terms === "object" ? terms.tensor : []));
  return [...new Set([...products.map(({ output }) => output), ...firsts])];
}

/** Multiply-adds of one image, from the sizes of the maps that a loaded model gives. */
export async function countMultiplyAdds(
  session: OnnxSession,
  products: readonly Product[],
  input: ModelInput,
): Promise<number> {
  const { height, width, channels } = input.size;
  const pixels = new Uint8Array(height * width * channels);
  const reading = pixelReadingOf(input, { normalize: "none", channelOrder: "rgb" });
  const shapes = new Map<string, readonly number[]>();
  const names = countedTensors(products);
  for (let start = 0; start < names.length; start += mapsAtOnce) {
    const some = names.slice(start, start + mapsAtOnce);
    const taps = some.map((name) => ({ tensor: name, layout: "nhwc" as const }));
    const { features } = await session.label(pixels, 1, reading, taps, some);
    for (const [at, name] of some.entries()) shapes.set(name, features[at]?.shape ?? []);
  }
  return products.reduce((sum, { output, terms }) => {
    const length = typeof terms === "number" ? terms : (shapes.get(terms.tensor)?.at(-terms.fromEnd) ?? 1);
    return sum + length * numbersOfOne(shapes.get(output) ?? [], input.batch ?? 1);
  }, 0);
}

/** @param shape `[1, ...]`; of all images of a call where the first axis is not that of the images */
function numbersOfOne(shape: readonly number[], batch: number): number {
  const numbers = shape.reduce((product, side) => product * side, 1);
  return shape[0] === 1 ? numbers : numbers / batch;
}
