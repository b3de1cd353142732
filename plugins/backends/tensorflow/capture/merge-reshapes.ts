import type { StateVariable } from "../../../../core/index.ts";
import { type GraphPart, shapeOf } from "./graph-part.ts";
import { type LeafShapes, rewriteTrace } from "./rewrite-trace.ts";
import type { Source, Trace, TracedOp } from "./trace.ts";

/** A part with the reshapes that it needs. */
export function withoutIdleReshapes(part: GraphPart, state: readonly StateVariable[]): GraphPart {
  return { ...part, trace: mergeReshapes(part.trace, (source) => shapeOf(part, state, source)) };
}

/**
 * Leaves out reshapes that change nothing or were there before, and lets a reshape of a reshape take what the first one
 * takes. They cost nothing to run, but TensorFlow needs longer to prepare a graph for each of its nodes.
 */
export function mergeReshapes(trace: Trace, shapeOfLeaf: LeafShapes): Trace {
  const known = new Map<string, Source>();
  return rewriteTrace(trace, shapeOfLeaf, (op, editor) => {
    const [value, shape] = op.inputs;
    if (op.name !== "Reshape" || value === undefined || shape === undefined) return undefined;
    const maker = editor.maker(value);
    const origin = maker?.name === "Reshape" ? (maker.inputs[0] ?? value) : value;
    if (sameShape(editor.shapeOf(origin), op.outputs[0])) return origin;
    const key = JSON.stringify([origin, shape]);
    const found = known.get(key) ?? editor.add({ ...op, inputs: [origin, shape] });
    known.set(key, found);
    return found;
  });
}

function sameShape(shape: readonly number[] | undefined, output: TracedOp["outputs"][number] | undefined): boolean {
  return shape !== undefined && String(shape) === String(output?.shape);
}
