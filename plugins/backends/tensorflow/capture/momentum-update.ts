import type { InPlaceUpdate, Source } from "./trace.ts";
import { same, type TraceView } from "./trace-view.ts";

/**
 * Finds v ← momentum · v + g, then w ← w − learningRate · v, or with Nesterov w ← w − learningRate · (g + momentum · v),
 * which TensorFlow does in place and in one pass over memory.
 *
 * @param source the weight's new value
 */
export function momentumUpdate(graph: TraceView, weight: number, source: Source): InPlaceUpdate | undefined {
  const [before, step] = graph.inputsOf(source, "Sub");
  if (before?.from !== "state" || before.state !== weight) return undefined;
  const [direction, learningRate] = graph.inputsOf(step, "Mul", 1);
  if (direction === undefined || !graph.isScalar(learningRate)) return undefined;
  const plain = velocityUpdate(graph, direction);
  if (plain !== undefined) return updateOf(weight, learningRate, plain, false);
  const [gradient, ahead] = graph.inputsOf(direction, "Add", 1);
  const [velocity, momentum] = graph.inputsOf(ahead, "Mul", 1);
  const moved = velocityUpdate(graph, velocity);
  if (moved === undefined || !same(moved.gradient, gradient) || !same(moved.momentum, momentum)) return undefined;
  return updateOf(weight, learningRate, moved, true);
}

interface VelocityUpdate {
  /** Place in the step's state. */
  readonly velocity: number;
  readonly gradient: Source;
  readonly momentum: Source;
}

function updateOf(
  weight: number,
  learningRate: Source,
  { velocity, gradient, momentum }: VelocityUpdate,
  nesterov: boolean,
): InPlaceUpdate {
  return {
    operation: "ResourceApplyMomentum",
    weight,
    slots: [velocity],
    inputs: [learningRate, gradient, momentum],
    gradient: 1,
    flags: { use_nesterov: nesterov },
    decay: undefined,
  };
}

/** v ← momentum · v + g, whose sum is the new state of v and is used once more, for the weight. */
function velocityUpdate(graph: TraceView, sum: Source | undefined): VelocityUpdate | undefined {
  const [kept, gradient] = graph.inputsOf(sum, "Add", 2);
  const [before, momentum] = graph.inputsOf(kept, "Mul", 1);
  if (before?.from !== "state" || graph.uses(before) !== 1) return undefined;
  if (gradient === undefined || !graph.isScalar(momentum)) return undefined;
  const velocity = before.state;
  return same(graph.assigned(velocity), sum) ? { velocity, gradient, momentum } : undefined;
}
