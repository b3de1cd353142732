import type { StateVariable } from "../../../../core/index.ts";
import { type GraphPart, shapeOf } from "./graph-part.ts";
import { type LeafShapes, rewriteTrace, type TraceEditor } from "./rewrite-trace.ts";
import type { Source, Trace, TracedOp } from "./trace.ts";

/** A part with the reshapes and casts that it needs. */
export function withoutIdleOperations(part: GraphPart, state: readonly StateVariable[]): GraphPart {
  return { ...part, trace: leaveOutIdle(part.trace, (source) => shapeOf(part, state, source)) };
}

/**
 * Leaves out casts to the type that is there already, and reshapes that change nothing or were there before; a reshape
 * of a reshape takes what the first one takes. They cost nothing to run, but TensorFlow needs longer to prepare a graph
 * for each of its nodes.
 */
export function leaveOutIdle(trace: Trace, shapeOfLeaf: LeafShapes): Trace {
  const known = new Map<string, Source>();
  return rewriteTrace(trace, shapeOfLeaf, (op, editor) => {
    if (op.name === "Cast") return isIdleCast(op) ? op.inputs[0] : undefined;
    return op.name === "Reshape" ? mergedReshape(op, editor, known) : undefined;
  });
}

function isIdleCast({ attributes }: TracedOp): boolean {
  const typeOf = (name: string) => attributes.find((attribute) => attribute.name === name)?.value;
  return typeOf("SrcT") !== undefined && typeOf("SrcT") === typeOf("DstT");
}

/** @param known reshapes so far, by what they do */
function mergedReshape(op: TracedOp, editor: TraceEditor, known: Map<string, Source>): Source | undefined {
  const [value, shape] = op.inputs;
  if (value === undefined || shape === undefined) return undefined;
  const maker = editor.maker(value);
  const origin = maker?.name === "Reshape" ? (maker.inputs[0] ?? value) : value;
  if (String(editor.shapeOf(origin)) === String(op.outputs[0]?.shape)) return origin;
  const key = JSON.stringify([origin, shape]);
  const found = known.get(key) ?? editor.add({ ...op, inputs: [origin, shape] });
  known.set(key, found);
  return found;
}
