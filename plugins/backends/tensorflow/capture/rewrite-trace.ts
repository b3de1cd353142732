import { pruned, type Source, type Trace, type TracedConstant, type TracedOp } from "./trace.ts";

/** A trace that is being written anew. */
export interface TraceEditor {
  /** Adds an operation. @returns its first output */
  add(op: TracedOp): Source;
  /** Adds an operation. @returns all of its outputs */
  addAll(op: TracedOp): readonly Source[];
  constant(constant: Omit<TracedConstant, "author">): Source;
  /** The operation that gives a value in the new trace; `undefined` for values from elsewhere. */
  maker(source: Source | undefined): TracedOp | undefined;
  shapeOf(source: Source): readonly number[] | undefined;
}

/** Shapes of inputs and state. */
export type LeafShapes = (source: Source) => readonly number[] | undefined;

/**
 * Takes the place of an operation whose inputs are sources of the new trace.
 *
 * @param place of the operation in the trace before
 * @returns the source of its only output, those of all its outputs, or `undefined` to leave it as it is
 */
export type Replacement = (op: TracedOp, editor: TraceEditor, place: number) => Source | readonly Source[] | undefined;

/** The trace with operations replaced, in their order, and without those that nothing needs any more. */
export function rewriteTrace(trace: Trace, shapeOfLeaf: LeafShapes, replace: Replacement): Trace {
  const ops: TracedOp[] = [];
  const constants = [...trace.constants];
  /** New sources of the outputs of the operations so far. */
  const moved: (readonly Source[])[] = [];
  const editor: TraceEditor = {
    add: (op) => ({ from: "op", op: ops.push(op) - 1, output: 0 }),
    addAll: (op) => outputsOf(op, ops.push(op) - 1),
    constant: (constant) => ({ from: "constant", constant: constants.push({ ...constant, author: undefined }) - 1 }),
    maker: (source) => (source?.from === "op" ? ops[source.op] : undefined),
    shapeOf: (source) => {
      if (source.from === "op") return ops[source.op]?.outputs[source.output]?.shape;
      return source.from === "constant" ? constants[source.constant]?.shape : shapeOfLeaf(source);
    },
  };
  const now = (source: Source): Source =>
    source.from === "op" ? (moved[source.op]?.[source.output] ?? source) : source;
  for (const [place, op] of trace.ops.entries()) {
    const current = { ...op, inputs: op.inputs.map(now) };
    const replaced = replace(current, editor, place);
    if (replaced === undefined) moved.push(outputsOf(op, ops.push(current) - 1));
    else moved.push("from" in replaced ? [replaced] : replaced);
  }
  const all = (sources: Trace["results"]): Trace["results"] =>
    new Map([...sources].map(([name, source]) => [name, now(source)]));
  return pruned({
    ops,
    constants,
    results: all(trace.results),
    assigned: new Map([...trace.assigned].map(([state, source]) => [state, now(source)])),
    updates: trace.updates.map((update) => ({
      ...update,
      inputs: update.inputs.map(now),
      decay: update.decay && now(update.decay),
    })),
  });
}

/** All outputs of an operation. */
function outputsOf({ outputs }: TracedOp, place: number): readonly Source[] {
  return outputs.map((_, output) => ({ from: "op", op: place, output }));
}
