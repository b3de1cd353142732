import type { GraphNode, GraphValue } from "../trace/traced-graph.ts";
import type { Emission } from "./emission.ts";

/** Writes one kernel as ONNX nodes: asks for its inputs and gives its outputs. */
export type OnnxEmitter = (node: GraphNode, onnx: Emission) => void;

/** Emitters by the kernel that they write. */
export type EmitterTable = Readonly<Record<string, OnnxEmitter>>;

/** A kernel is used in a way that its emitter does not write. */
export class UnsupportedUse extends Error {}

/** An input of the kernel by its name. */
export function inputOf({ inputs }: GraphNode, name: string): GraphValue {
  const value = inputs[name];
  if (value === undefined) throw new UnsupportedUse(`it has no input "${name}"`);
  return value;
}

/** Inputs of a kernel that takes a list. */
export function listOf({ inputs }: GraphNode): readonly GraphValue[] {
  return Object.keys(inputs)
    .sort((one, other) => Number(one) - Number(other))
    .map((name) => inputs[name] as GraphValue);
}

export function outputOf({ outputs }: GraphNode): GraphValue {
  return outputs[0] as GraphValue;
}

export function numberOf({ attributes }: GraphNode, name: string, missing?: number): number {
  const value = attributes[name] ?? missing;
  if (typeof value === "number") return value;
  throw new UnsupportedUse(`its ${name} is ${JSON.stringify(value)}, not a number`);
}

/** A list of whole numbers, or one number for a list of one. */
export function numbersOf({ attributes }: GraphNode, name: string): readonly number[] {
  const values = [attributes[name] ?? []].flat();
  if (values.every((value) => typeof value === "number")) return values;
  throw new UnsupportedUse(`its ${name} follows the batch`);
}

/** Axes from the front; none given are all. */
export function axesOf(node: GraphNode, name: string, rank: number): readonly number[] {
  const given = numbersOf(node, name).map((axis) => (axis < 0 ? axis + rank : axis));
  return given.length === 0 ? Array.from({ length: rank }, (_, axis) => axis) : given;
}
