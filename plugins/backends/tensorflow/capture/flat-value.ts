import type { Source, TracedOp } from "./trace.ts";
import type { TraceView } from "./trace-view.ts";

/** A value of a pack of state variables, `[numbers]`: what each of them would be, flattened, one after the other. */
export type FlatValue =
  /** The pack as it was when the step began. */
  | { readonly of: "self" }
  /** One number for all. */
  | { readonly of: "number"; readonly source: Source }
  /** One tensor for each member, in their order. */
  | { readonly of: "members"; readonly sources: readonly Source[] }
  | { readonly of: "op"; readonly name: string; readonly inputs: readonly FlatValue[] };

/** Operations that treat every element alike. */
const elementwise = new Set(["Add", "AddV2", "Sub", "Mul", "RealDiv", "Square", "Sqrt", "Neg", "Maximum", "Minimum"]);

/** How one member of a pack is computed. Members whose keys are equal can be computed at once. */
export interface MemberValue {
  readonly key: string;
  readonly value: FlatValue;
}

/** Where members' values are looked up. */
export interface ValueContext {
  readonly graph: TraceView;
  shapeOf(source: Source): readonly number[] | undefined;
}

/**
 * @param source what the member becomes, of its shape
 * @param self the member's place in the state
 */
export function memberValue(context: ValueContext, source: Source, self: number): MemberValue {
  const { graph } = context;
  const expand = (value: Source): MemberValue => {
    if (value.from === "state" && value.state === self) return { key: "self", value: { of: "self" } };
    if (graph.isScalar(value)) return { key: JSON.stringify(value), value: { of: "number", source: value } };
    const op = graph.makerOf(value);
    if (op === undefined || graph.uses(value) !== 1 || !isElementwise(context, op)) {
      return { key: "member", value: { of: "members", sources: [unshaped(graph, value)] } };
    }
    const inputs = op.inputs.map(expand);
    return {
      key: `${op.name}(${inputs.map(({ key }) => key).join()})`,
      value: { of: "op", name: op.name, inputs: inputs.map((input) => input.value) },
    };
  };
  if (context.shapeOf(source)?.length === 0) return { key: "member", value: { of: "members", sources: [source] } };
  return expand(source);
}

/** Members are flattened in the end: what a reshape takes will do as well. */
function unshaped(graph: TraceView, value: Source): Source {
  const [origin] = graph.inputsOf(value, "Reshape");
  return origin === undefined ? value : unshaped(graph, origin);
}

function isElementwise({ graph, shapeOf }: ValueContext, { name, inputs, outputs }: TracedOp): boolean {
  const shape = String(outputs[0]?.shape);
  return elementwise.has(name) && inputs.every((input) => graph.isScalar(input) || String(shapeOf(input)) === shape);
}

/** The same expression over several members, each with its own tensors. */
export function joinedValue(values: readonly FlatValue[]): FlatValue {
  const [first] = values;
  if (first === undefined) throw new RangeError("a pack has no members");
  if (first.of === "members") {
    return { of: "members", sources: values.flatMap((value) => (value.of === "members" ? value.sources : [])) };
  }
  if (first.of !== "op") return first;
  const inputs = first.inputs.map((_, place) =>
    joinedValue(values.flatMap((value) => (value.of === "op" ? (value.inputs[place] ?? []) : []))),
  );
  return { ...first, inputs };
}

/** Sources that a value is computed from. */
export function sourcesOf(value: FlatValue): readonly Source[] {
  if (value.of === "self") return [];
  if (value.of === "number") return [value.source];
  return value.of === "members" ? value.sources : value.inputs.flatMap(sourcesOf);
}

export function withSources(value: FlatValue, change: (source: Source) => Source): FlatValue {
  if (value.of === "self") return value;
  if (value.of === "number") return { ...value, source: change(value.source) };
  if (value.of === "members") return { ...value, sources: value.sources.map(change) };
  return { ...value, inputs: value.inputs.map((input) => withSources(input, change)) };
}
