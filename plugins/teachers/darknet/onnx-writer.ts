import { ProtobufWriter } from "../../backends/tensorflow/capture/protobuf.ts";

/** Value of an operator's attribute: a whole number, a list of them, text, or a number marked as a float. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

/** Field numbers of `onnx.proto`. */
const model = { irVersion: 1, producer: 2, graph: 7, opset: 8 } as const;
const graphFields = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const nodeFields = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const attributeFields = { name: 1, float: 2, integer: 3, text: 4, integers: 8, type: 20 } as const;
const attributeTypes = { float: 1, integer: 2, text: 3, integers: 7 } as const;
const tensorFields = { dims: 1, type: 2, name: 8, bytes: 9 } as const;
const elementTypes = { float32: 1, int64: 7 } as const;

/** Operator set and file version that ONNX Runtime has read since 2021. */
const opset = 13;
const irVersion = 7;

/** Writes an ONNX graph with weights inside, for ONNX Runtime to read from memory. */
export class OnnxWriter {
  readonly #graph = new ProtobufWriter();
  #count = 0;

  /** Adds a node with one output. @returns the output's name */
  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    const name = `${operator}_${this.#count++}`;
    const node = new ProtobufWriter();
    for (const input of inputs) node.text(nodeFields.input, input);
    node.text(nodeFields.output, name).text(nodeFields.name, name).text(nodeFields.operator, operator);
    for (const [key, value] of Object.entries(attributes)) node.message(nodeFields.attribute, attributeOf(key, value));
    this.#graph.message(graphFields.node, node);
    return name;
  }

  /** Adds a constant. @returns its name */
  constant(shape: readonly number[], values: Float32Array | BigInt64Array): string {
    const name = `constant_${this.#count++}`;
    const tensor = new ProtobufWriter();
    for (const side of shape) tensor.integer(tensorFields.dims, side);
    const type = values instanceof Float32Array ? elementTypes.float32 : elementTypes.int64;
    tensor.integer(tensorFields.type, type).text(tensorFields.name, name);
    tensor.bytes(tensorFields.bytes, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#graph.message(graphFields.initializer, tensor);
    return name;
  }

  /** Declares a float32 input; the batch may have any size. @param shape without the batch */
  input(name: string, shape: readonly number[]): void {
    this.#graph.message(graphFields.input, namedTensor(name, shape));
  }

  /** Declares a float32 output. @param shape without the batch */
  output(name: string, shape: readonly number[]): void {
    this.#graph.message(graphFields.output, namedTensor(name, shape));
  }

  /** The file's bytes. */
  finish(): Uint8Array {
    this.#graph.text(graphFields.name, "graph");
    return new ProtobufWriter()
      .integer(model.irVersion, irVersion)
      .text(model.producer, "kdflow")
      .message(model.graph, this.#graph)
      .message(model.opset, new ProtobufWriter().text(1, "").integer(2, opset))
      .finish();
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

function namedTensor(name: string, shape: readonly number[]): ProtobufWriter {
  const sides = new ProtobufWriter().message(1, new ProtobufWriter().text(2, "batch"));
  for (const side of shape) sides.message(1, new ProtobufWriter().integer(1, side));
  const tensor = new ProtobufWriter().integer(1, elementTypes.float32).message(2, sides);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}
