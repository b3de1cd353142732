import { type ConstantValues, type GraphValue, isPerImage, sizeOf } from "../trace/traced-graph.ts";

/** An attribute as TensorFlow writes it in JSON. */
export type GraphAttribute = Readonly<Record<string, unknown>>;

/** A node of TensorFlow's graph, in JSON. */
export interface GraphModelNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, GraphAttribute>>;
}

/** A constant whose numbers lie in the file of weights. */
export interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly values: ConstantValues;
}

const types: Readonly<Record<string, string>> = {
  float32: "DT_FLOAT",
  int32: "DT_INT32",
  uint8: "DT_UINT8",
  bool: "DT_BOOL",
};

export const typeAttribute = (dtype: string): GraphAttribute => ({ type: types[dtype] ?? "DT_FLOAT" });
export const textAttribute = (text: string): GraphAttribute => ({ s: Buffer.from(text).toString("base64") });
export const listAttribute = (values: readonly number[]): GraphAttribute => ({ list: { i: values } });

/** Names, constants and nodes while a graph is written for TensorFlow. */
export class GraphEmission {
  readonly nodes: GraphModelNode[] = [];
  readonly weights: StoredWeight[] = [];
  readonly #names = new Map<GraphValue, string>();
  readonly #used = new Map<string, number>();
  readonly #integers = new Map<string, string>();
  #scope = "graph";

  /** Nodes that follow are named after it. */
  enter(scope: string): void {
    this.#scope = scope.replaceAll(/[^A-Za-z0-9_.-]/g, "_");
  }

  /** Adds a node. @returns its name, which is that of its first output */
  node(op: string, input: readonly string[], attr: GraphModelNode["attr"] = {}): string {
    const name = this.#unique(`${this.#scope}/${op}`);
    this.nodes.push({ name, op, input, attr });
    return name;
  }

  /** Adds a node of float32. */
  float(op: string, input: readonly string[], attr: GraphModelNode["attr"] = {}): string {
    return this.node(op, input, { T: typeAttribute("float32"), ...attr });
  }

  constant(dtype: StoredWeight["dtype"], shape: readonly number[], values: ConstantValues): string {
    const name = this.#unique(`${this.#scope}/Const`);
    this.nodes.push({ name, op: "Const", attr: { dtype: typeAttribute(dtype) } });
    this.weights.push({ name, shape, dtype, values });
    return name;
  }

  scalar(value: number): string {
    return this.constant("float32", [], Float32Array.of(value));
  }

  /** Whole numbers, `[length]`; each list is written once. */
  integers(values: readonly number[]): string {
    const key = values.join();
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const name = this.constant("int32", [values.length], Int32Array.from(values));
    this.#integers.set(key, name);
    return name;
  }

  integer(value: number): string {
    return this.constant("int32", [], Int32Array.of(value));
  }

  give(value: GraphValue, name: string): void {
    this.#names.set(value, name);
  }

  /** The name of a value; constants are written when they are first asked for. */
  of(value: GraphValue): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    if (value.constant === undefined) throw new Error("a value is used before it is given");
    const dtype = value.dtype === "int32" || value.dtype === "bool" ? value.dtype : "float32";
    const name = this.constant(dtype, value.shape.map(sizeOf), value.constant);
    this.give(value, name);
    return name;
  }

  /** Names its own node, not after the scope. */
  named(name: string, op: string, input: readonly string[], attr: GraphModelNode["attr"]): void {
    this.nodes.push({ name, op, ...(input.length === 0 ? {} : { input }), attr });
  }

  #unique(name: string): string {
    const count = this.#used.get(name) ?? 0;
    this.#used.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}

/** A shape with −1 for what follows the batch. */
export function freeShape({ shape }: Pick<GraphValue, "shape">): number[] {
  return shape.map((size) => (isPerImage(size) ? -1 : size));
}
