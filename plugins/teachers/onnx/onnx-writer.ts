import { ProtobufWriter } from "../../backends/tensorflow/capture/protobuf.ts";

/** Value of an operator's attribute: a whole number, a list of them, text, or a number marked as a float. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export type OnnxType = "float32" | "uint8" | "int32" | "int64" | "bool";

/** A side of a tensor: a number, or a name for one that is free. */
export type OnnxSize = number | string;

export type OnnxNumbers = Float32Array | BigInt64Array | Int32Array | Uint8Array;

/** Field numbers of `onnx.proto`. */
const model = { irVersion: 1, producer: 2, graph: 7, opset: 8, metadata: 14 } as const;
const graphFields = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const nodeFields = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const attributeFields = { name: 1, float: 2, integer: 3, text: 4, integers: 8, type: 20 } as const;
const attributeTypes = { float: 1, integer: 2, text: 3, integers: 7 } as const;
const tensorFields = { dims: 1, type: 2, name: 8, bytes: 9 } as const;
const elementTypes: Readonly<Record<OnnxType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

/** Of a file: which operators it may use, and which version of the format it is. */
export interface OnnxVersions {
  readonly opset: number;
  readonly irVersion: number;
}

/** What ONNX Runtime has read since 2021. */
const usualVersions: OnnxVersions = { opset: 13, irVersion: 7 };

/** Writes an ONNX graph with weights inside. */
export class OnnxWriter {
  readonly #graph = new ProtobufWriter();
  readonly #versions: OnnxVersions;
  readonly #metadata: ProtobufWriter[] = [];
  readonly #operators = new Set<string>();
  #count = 0;

  constructor(versions: OnnxVersions = usualVersions) {
    this.#versions = versions;
  }

  /** Kinds of the nodes so far, in alphabetical order. */
  get operators(): readonly string[] {
    return [...this.#operators].sort();
  }

  /** Adds a node with one output. @returns the output's name */
  node(operator: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    const name = `${operator}_${this.#count++}`;
    this.namedNode(operator, name, inputs, [name], attributes);
    return name;
  }

  /** Adds a node; names are the caller's, and unique. An input that is left out is `""`. */
  namedNode(
    operator: string,
    name: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: OnnxAttributes = {},
  ): void {
    this.#operators.add(operator);
    const node = new ProtobufWriter();
    for (const input of inputs) node.text(nodeFields.input, input);
    for (const output of outputs) node.text(nodeFields.output, output);
    node.text(nodeFields.name, name).text(nodeFields.operator, operator);
    for (const [key, value] of Object.entries(attributes)) node.message(nodeFields.attribute, attributeOf(key, value));
    this.#graph.message(graphFields.node, node);
  }

  /** Adds a constant. @returns its name */
  constant(shape: readonly number[], values: Float32Array | BigInt64Array): string {
    const name = `constant_${this.#count++}`;
    this.namedConstant(name, values instanceof Float32Array ? "float32" : "int64", shape, values);
    return name;
  }

  /** Adds a constant under a name of the caller's. */
  namedConstant(name: string, type: OnnxType, shape: readonly number[], values: OnnxNumbers): void {
    const tensor = new ProtobufWriter();
    for (const side of shape) tensor.integer(tensorFields.dims, side);
    tensor.integer(tensorFields.type, elementTypes[type]).text(tensorFields.name, name);
    tensor.bytes(tensorFields.bytes, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#graph.message(graphFields.initializer, tensor);
  }

  /** Declares an input. @param shape without the batch, which may have any size unless `batch` says one */
  input(name: string, shape: readonly OnnxSize[], type: OnnxType = "float32", batch: OnnxSize = "batch"): void {
    this.#graph.message(graphFields.input, namedTensor(name, [batch, ...shape], type));
  }

  /** Declares an output, as {@link input} does. */
  output(name: string, shape: readonly OnnxSize[], type: OnnxType = "float32", batch: OnnxSize = "batch"): void {
    this.#graph.message(graphFields.output, namedTensor(name, [batch, ...shape], type));
  }

  /** Adds a text that readers of the file find by its key. */
  metadata(key: string, value: string): void {
    this.#metadata.push(new ProtobufWriter().text(1, key).text(2, value));
  }

  /** The file's bytes. */
  finish(): Uint8Array {
    this.#graph.text(graphFields.name, "graph");
    const file = new ProtobufWriter()
      .integer(model.irVersion, this.#versions.irVersion)
      .text(model.producer, "kdflow")
      .message(model.graph, this.#graph)
      .message(model.opset, new ProtobufWriter().text(1, "").integer(2, this.#versions.opset));
    for (const entry of this.#metadata) file.message(model.metadata, entry);
    return file.finish();
  }
}

function attributeOf(name: string, value: OnnxAttribute): ProtobufWriter {
  const written = new ProtobufWriter().text(attributeFields.name, name);
  if (typeof value === "number") {
    return written.integer(attributeFields.integer, value).integer(attributeFields.type, attributeTypes.integer);
  }
  if (typeof value === "string") {
    return written.text(attributeFields.text, value).integer(attributeFields.type, attributeTypes.text);
  }
  if ("float" in value) {
    return written.float(attributeFields.float, value.float).integer(attributeFields.type, attributeTypes.float);
  }
  for (const one of value) written.integer(attributeFields.integers, one);
  return written.integer(attributeFields.type, attributeTypes.integers);
}

function namedTensor(name: string, shape: readonly OnnxSize[], type: OnnxType): ProtobufWriter {
  const sides = new ProtobufWriter();
  for (const side of shape) {
    const size = new ProtobufWriter();
    sides.message(1, typeof side === "number" ? size.integer(1, side) : size.text(2, side));
  }
  const tensor = new ProtobufWriter().integer(1, elementTypes[type]).message(2, sides);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}
