import type { OnnxAttributes, OnnxNumbers, OnnxType, OnnxWriter } from "../../teachers/onnx/onnx-writer.ts";
import { type GraphValue, isPerImage, type Size, sizeOf } from "../trace/traced-graph.ts";
import { isStraight, ordersEqual, permuteConstant } from "./axis-order.ts";

/** Where a value of the graph lies in the file. */
export interface StoredValue {
  /** Name of the tensor. */
  readonly tensor: string;
  /** Its axes: at place i lies the value's own axis `order[i]`. */
  readonly order: readonly number[];
}

/** Feature maps as ONNX's convolutions take them: channels behind the batch. */
export const channelsFirst: readonly number[] = [0, 3, 1, 2];

const typeOf: Readonly<Record<string, OnnxType>> = { float32: "float32", int32: "int32", bool: "bool" };

/** Names, constants and axis orders while a graph is written as ONNX. */
export class Emission {
  readonly writer: OnnxWriter;
  readonly #stored = new Map<GraphValue, StoredValue>();
  readonly #arranged = new Map<GraphValue, Map<string, string>>();
  readonly #names = new Map<string, number>();
  readonly #sizes = new Map<string, string>();
  #scope = "graph";

  constructor(writer: OnnxWriter) {
    this.writer = writer;
  }

  /** Nodes that follow are named after it. */
  enter(scope: string): void {
    this.#scope = scope;
  }

  /** Adds a node with one output. @returns the output's name */
  node(operator: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    const [output = ""] = this.nodes(operator, inputs, 1, attributes);
    return output;
  }

  /** Adds a node with several outputs. @returns their names */
  nodes(operator: string, inputs: readonly string[], outputs: number, attributes: OnnxAttributes = {}): string[] {
    const name = this.#unique(`${this.#scope}/${operator}`);
    const given = outputs === 1 ? [name] : Array.from({ length: outputs }, (_, place) => `${name}:${place}`);
    this.writer.namedNode(operator, name, inputs, given, attributes);
    return given;
  }

  /** Adds a constant. @returns its name */
  constant(type: OnnxType, shape: readonly number[], values: OnnxNumbers): string {
    const name = this.#unique(`${this.#scope}/constant`);
    this.writer.namedConstant(name, type, shape, values);
    return name;
  }

  /** A constant of float32 without axes. */
  scalar(value: number): string {
    return this.constant("float32", [], Float32Array.of(value));
  }

  /** Whole numbers, `[length]`, as shapes and axes are given; each list is written once. */
  integers(values: readonly number[]): string {
    const key = values.join();
    const known = this.#sizes.get(key);
    if (known !== undefined) return known;
    const name = this.#unique("sizes");
    this.writer.namedConstant(name, "int64", [values.length], BigInt64Array.from(values, BigInt));
    this.#sizes.set(key, name);
    return name;
  }

  /** A shape for `Reshape`, in which one length may follow the batch. */
  shape(sizes: readonly Size[]): string | undefined {
    const free = sizes.filter(isPerImage);
    return free.length > 1 ? undefined : this.integers(sizes.map((size) => (isPerImage(size) ? -1 : size)));
  }

  /** Says where a value lies. @param order its own axes unless given */
  give(value: GraphValue, tensor: string, order: readonly number[] = value.shape.map((_, axis) => axis)): void {
    this.#stored.set(value, { tensor, order });
  }

  stored(value: GraphValue): StoredValue {
    const known = this.#stored.get(value);
    if (known !== undefined) return known;
    if (value.constant === undefined) throw new Error("a value is used before it is given");
    const tensor = this.constant(typeOf[value.dtype] ?? "float32", value.shape.map(sizeOf), value.constant);
    this.give(value, tensor);
    return { tensor, order: value.shape.map((_, axis) => axis) };
  }

  /** Whether a value's axes lie in their own order; constants lie in any. */
  isStraight(value: GraphValue): boolean {
    return value.constant !== undefined || isStraight(this.stored(value).order);
  }

  /** The tensor with the value's own axes in their order. */
  plain(value: GraphValue): string {
    return this.arranged(
      value,
      value.shape.map((_, axis) => axis),
    );
  }

  /** The tensor with the axes in the order wanted; turned by a node where it lies in another one. */
  arranged(value: GraphValue, order: readonly number[]): string {
    const key = order.join();
    if (value.constant !== undefined && !isStraight(order)) {
      return this.#once(value, key, () => {
        const { shape, values } = permuteConstant(value.shape.map(sizeOf), value.constant as Float32Array, order);
        return this.constant(typeOf[value.dtype] ?? "float32", shape, values);
      });
    }
    const { tensor, order: own } = this.stored(value);
    if (ordersEqual(own, order)) return tensor;
    return this.#once(value, key, () =>
      this.node("Transpose", [tensor], { perm: order.map((axis) => own.indexOf(axis)) }),
    );
  }

  #once(value: GraphValue, key: string, make: () => string): string {
    const known = this.#arranged.get(value) ?? new Map<string, string>();
    this.#arranged.set(value, known);
    const tensor = known.get(key) ?? make();
    known.set(key, tensor);
    return tensor;
  }

  #unique(name: string): string {
    const count = this.#names.get(name) ?? 0;
    this.#names.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}
