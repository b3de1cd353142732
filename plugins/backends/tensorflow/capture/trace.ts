import type { NativeArray, OpAttribute } from "../native-backend.ts";

/** Where a tensor inside a step comes from. */
export type Source =
  | { readonly from: "op"; readonly op: number; readonly output: number }
  | { readonly from: "constant"; readonly constant: number }
  | { readonly from: "input"; readonly name: string }
  | { readonly from: "scalar"; readonly name: string }
  /** The value that a state variable had when the step began. */
  | { readonly from: "state"; readonly state: number }
  /** The value that a state variable has once it was changed in place. */
  | { readonly from: "updated"; readonly state: number };

/** One weight's step that TensorFlow does in place, with one operation. */
export interface InPlaceUpdate {
  readonly operation: "ResourceApplyMomentum" | "ResourceApplyAdam";
  /** Places in the step's state; the slots in the operation's order. */
  readonly weight: number;
  readonly slots: readonly number[];
  /** What the operation takes after the slots, in its order. */
  readonly inputs: readonly Source[];
  /** Which of the inputs is the gradient. */
  readonly gradient: number;
  readonly flags: Readonly<Record<string, boolean>>;
  /** A number that the weight is multiplied by first. */
  readonly decay: Source | undefined;
}

export interface TracedConstant {
  readonly shape: readonly number[];
  /** TensorFlow's number of the type. */
  readonly dtype: number;
  readonly values: NativeArray;
  /** Whose code made it, as far as the step says. */
  readonly author: string | undefined;
}

export interface TracedOp {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Source[];
  readonly outputs: readonly { readonly shape: readonly number[]; readonly dtype: number }[];
  readonly author: string | undefined;
}

/** The operations of one step in the order in which they ran, as far as its results and new state need them. */
export interface Trace {
  readonly ops: readonly TracedOp[];
  readonly constants: readonly TracedConstant[];
  /** What the body returned, by name. */
  readonly results: ReadonlyMap<string, Source>;
  /** New values of state variables, by place in the step's state. */
  readonly assigned: ReadonlyMap<number, Source>;
  /** State that changes in place instead. */
  readonly updates: readonly InPlaceUpdate[];
}

/** The trace without what nothing depends on, and with each constant once. */
export function pruned(trace: Trace): Trace {
  const { results, assigned, updates } = trace;
  const taken = updates.flatMap(({ inputs, decay }) => (decay === undefined ? inputs : [...inputs, decay]));
  const { renumbered, ...kept } = keptOperations(trace, [...results.values(), ...assigned.values(), ...taken]);
  return {
    ...kept,
    results: new Map([...results].map(([name, source]) => [name, renumbered(source)])),
    assigned: new Map([...assigned].map(([state, source]) => [state, renumbered(source)])),
    updates: updates.map((update) => ({
      ...update,
      inputs: update.inputs.map(renumbered),
      decay: update.decay && renumbered(update.decay),
    })),
  };
}

type Operations = Pick<Trace, "ops" | "constants">;

/** Operations that some ends are computed by. */
export interface KeptOperations extends Operations {
  /** An end, or what an end is computed from, as a source among what was kept. */
  renumbered(source: Source): Source;
}

export function keptOperations(trace: Operations, ends: readonly Source[]): KeptOperations {
  const live = liveOps(trace, ends);
  const ops: TracedOp[] = [];
  const constants: TracedConstant[] = [];
  const newOp = new Map<number, number>();
  const newConstant = new Map<number, number>();
  const known = new Map<string, number>();
  const constantOf = (index: number): number => {
    const found = newConstant.get(index);
    if (found !== undefined) return found;
    const constant = trace.constants[index] as TracedConstant;
    const content = contentOf(constant);
    const place = (content === undefined ? undefined : known.get(content)) ?? constants.push(constant) - 1;
    if (content !== undefined) known.set(content, place);
    newConstant.set(index, place);
    return place;
  };
  const renumbered = (source: Source): Source => {
    if (source.from === "op") return { ...source, op: newOp.get(source.op) ?? -1 };
    return source.from === "constant" ? { from: "constant", constant: constantOf(source.constant) } : source;
  };
  for (const [index, op] of trace.ops.entries()) {
    if (!live.has(index)) continue;
    newOp.set(index, ops.push({ ...op, inputs: op.inputs.map(renumbered) }) - 1);
  }
  return { ops, constants, renumbered };
}

function liveOps({ ops }: Operations, ends: readonly Source[]): Set<number> {
  const live = new Set<number>();
  const waiting = [...ends];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    if (source.from !== "op" || live.has(source.op)) continue;
    live.add(source.op);
    waiting.push(...(ops[source.op]?.inputs ?? []));
  }
  return live;
}

/**
 * What a constant holds, as a key. Small ones come again and again (shapes, factors); large ones, which are not worth
 * the comparison, have none.
 */
export function contentOf({ shape, dtype, values }: Omit<TracedConstant, "author">): string | undefined {
  if (values.byteLength > 1024) return undefined;
  return `${dtype} ${shape.join()} ${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64")}`;
}
