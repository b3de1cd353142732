import type { StateVariable } from "../../../../core/index.ts";
import { type GraphPart, shapeOf } from "./graph-part.ts";
import { type LeafShapes, rewriteTrace, type TraceEditor } from "./rewrite-trace.ts";
import type { Source, Trace, TracedOp } from "./trace.ts";

/** A part without operations that change nothing. */
export function withoutIdleOperations(part: GraphPart, state: readonly StateVariable[]): GraphPart {
  return { ...part, trace: leaveOutIdle(part.trace, (source) => shapeOf(part, state, source)) };
}

/** Operations that change nothing where what they give has the shape of what they take. */
const idleInSameShape = new Set(["Reshape", "PadV2", "Slice"]);

/**
 * Leaves out casts to the type that is there already, reshapes, paddings and slices that change nothing, and reshapes
 * that were there before; a reshape of a reshape takes what the first one takes. Slices and paddings are copies; the
 * rest costs nothing to run, but TensorFlow needs longer to prepare a graph for each of its nodes.
 */
export function leaveOutIdle(trace: Trace, shapeOfLeaf: LeafShapes): Trace {
  const known = new Map<string, Source>();
  return rewriteTrace(trace, shapeOfLeaf, (op, editor) => {
    const [value] = op.inputs;
    if (value === undefined) return undefined;
    if (op.name === "Cast") return isIdleCast(op) ? value : undefined;
    if (idleInSameShape.has(op.name) && isSameShape(editor.shapeOf(value), op)) return value;
    return op.name === "Reshape" ? mergedReshape(op, editor, known) : undefined;
  });
}

function isSameShape(shape: readonly number[] | undefined, { outputs }: TracedOp): boolean {
  return shape !== undefined && String(shape) === String(outputs[0]?.shape);
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
  if (isSameShape(editor.shapeOf(origin), op)) return origin;
  const key = JSON.stringify([origin, shape]);
  const found = known.get(key) ?? editor.add({ ...op, inputs: [origin, shape] });
  known.set(key, found);
  return found;
}
