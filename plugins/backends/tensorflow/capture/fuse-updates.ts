import { adamUpdate } from "./adam-update.ts";
import { momentumUpdate } from "./momentum-update.ts";
import { type InPlaceUpdate, pruned, type Source, type Trace, type TracedConstant } from "./trace.ts";
import { keyOf, TraceView } from "./trace-view.ts";

/**
 * Takes the weights' updates out of a trace's operations, where TensorFlow has one operation for them and nothing else
 * needs what they compute on the way. What needs the new weight reads it after the update.
 *
 * @param floatType TensorFlow's number of float32
 */
export function fuseUpdates(trace: Trace, floatType: number): Trace {
  const graph = new TraceView(trace);
  const assigned = new Map(trace.assigned);
  const constants: TracedConstant[] = [...trace.constants];
  const constant = (value: number): Source => {
    const added = { shape: [], dtype: floatType, values: Float32Array.of(value), author: undefined };
    return { from: "constant", constant: constants.push(added) - 1 };
  };
  const updates: InPlaceUpdate[] = [];
  const updated = new Map<string, Source>();
  for (const [weight, source] of trace.assigned) {
    const update = momentumUpdate(graph, weight, source) ?? adamUpdate(graph, weight, source, constant);
    if (update === undefined) continue;
    for (const place of [update.weight, ...update.slots]) assigned.delete(place);
    updates.push(update);
    updated.set(keyOf(source), { from: "updated", state: weight });
  }
  if (updates.length === 0) return trace;
  const moved = (source: Source): Source => updated.get(keyOf(source)) ?? source;
  return pruned({
    ops: trace.ops.map((op) => ({ ...op, inputs: op.inputs.map(moved) })),
    constants,
    results: new Map([...trace.results].map(([name, source]) => [name, moved(source)])),
    assigned: new Map([...assigned].map(([state, source]) => [state, moved(source)])),
    updates,
  });
}
