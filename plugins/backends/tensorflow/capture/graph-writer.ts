import type { NativeBinding, OpAttribute } from "../native-backend.ts";
import { NotCapturable } from "./not-capturable.ts";
import { ProtobufWriter } from "./protobuf.ts";
import { contentOf, type TracedConstant } from "./trace.ts";

/** An attribute's value, written as TensorFlow's AttrValue. */
export type AttributeValue = ProtobufWriter;

/** The version of the graph format that TensorFlow 2.16 and later write; it decides which defaults are assumed. */
const graphProducer = 1882;

/** Name under which the graph lies in the saved model. */
export const graphTag = "kdflow";

/** Collects the nodes of one TensorFlow graph. Field numbers are those of tensorflow/core/framework/*.proto. */
export class GraphWriter {
  readonly #graph = new ProtobufWriter();
  readonly #binding: NativeBinding;
  /** Constants so far, by what they hold. */
  readonly #constants = new Map<string, string>();
  #nodes = 0;

  constructor(binding: NativeBinding) {
    this.#binding = binding;
  }

  get nodes(): number {
    return this.#nodes;
  }

  /**
   * Adds a node.
   *
   * @param inputs `node:output`, or `^node` for one that only has to be done before
   * @returns the node's name
   */
  node(
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): string {
    const node = new ProtobufWriter().text(1, name).text(2, op);
    for (const input of inputs) node.text(3, input);
    for (const [key, value] of Object.entries(attributes)) {
      node.message(5, new ProtobufWriter().text(1, key).message(2, value));
    }
    this.#graph.message(1, node);
    this.#nodes += 1;
    return name;
  }

  /**
   * Adds a constant, or takes one that is there with the same content.
   *
   * @returns the node's name
   */
  constant(name: string, constant: Omit<TracedConstant, "author">): string {
    const key = contentOf(constant);
    const found = key === undefined ? undefined : this.#constants.get(key);
    if (found !== undefined) return found;
    if (key !== undefined) this.#constants.set(key, name);
    return this.#newConstant(name, constant);
  }

  #newConstant(name: string, { shape, dtype, values }: Omit<TracedConstant, "author">): string {
    const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const tensor = new ProtobufWriter().integer(1, dtype).message(2, shapeMessage(shape)).bytes(4, content);
    return this.node(name, "Const", [], { dtype: typeValue(dtype), value: new ProtobufWriter().message(8, tensor) });
  }

  /** An attribute as it was given to the addon. */
  attribute({ name, type, value }: OpAttribute): AttributeValue {
    const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_STRING, TF_ATTR_INT, TF_ATTR_FLOAT, TF_ATTR_SHAPE } = this.#binding;
    if (type === TF_ATTR_TYPE) return typeValue(Number(value));
    if (type === TF_ATTR_SHAPE && Array.isArray(value)) return shapeValue(value as number[]);
    if (type === TF_ATTR_STRING) return textValue(String(value));
    if (Array.isArray(value)) {
      const list = new ProtobufWriter();
      for (const item of value as (number | boolean)[]) {
        if (type === TF_ATTR_INT) list.integer(3, Number(item));
        if (type === TF_ATTR_FLOAT) list.float(4, Number(item));
        if (type === TF_ATTR_BOOL) list.integer(5, Number(item));
      }
      return new ProtobufWriter().message(1, list);
    }
    if (type === TF_ATTR_INT) return integerValue(Number(value));
    if (type === TF_ATTR_FLOAT) return new ProtobufWriter().float(4, Number(value));
    if (type === TF_ATTR_BOOL) return new ProtobufWriter().integer(5, Number(value));
    throw new NotCapturable(`the attribute "${name}" is of a kind that graphs are not written with`);
  }

  /** The bytes of a `saved_model.pb`. */
  savedModel(): Uint8Array {
    this.#graph.message(4, new ProtobufWriter().integer(1, graphProducer));
    const about = new ProtobufWriter().text(4, graphTag);
    const metaGraph = new ProtobufWriter().message(1, about).message(2, this.#graph);
    return new ProtobufWriter().integer(1, 1).message(2, metaGraph).finish();
  }
}

export function typeValue(dtype: number): AttributeValue {
  return new ProtobufWriter().integer(6, dtype);
}

export function shapeValue(shape: readonly number[]): AttributeValue {
  return new ProtobufWriter().message(7, shapeMessage(shape));
}

export function integerValue(value: number): AttributeValue {
  return new ProtobufWriter().integer(3, value);
}

export function flagValue(flag: boolean): AttributeValue {
  return new ProtobufWriter().integer(5, Number(flag));
}

export function textValue(text: string): AttributeValue {
  return new ProtobufWriter().text(2, text);
}

function shapeMessage(shape: readonly number[]): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const size of shape) message.message(2, new ProtobufWriter().integer(1, size));
  return message;
}
