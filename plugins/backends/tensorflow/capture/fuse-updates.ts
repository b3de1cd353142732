import { pruned, type Source, type Trace } from "./trace.ts";

/**
 * One weight's step with momentum, which TensorFlow does in place and in one pass over memory:
 * v ← momentum · v + g, then w ← w − learningRate · v, or with Nesterov w ← w − learningRate · (g + momentum · v).
 */
export interface MomentumUpdate {
  /** Places in the step's state. */
  readonly weight: number;
  readonly velocity: number;
  readonly gradient: Source;
  readonly momentum: Source;
  readonly learningRate: Source;
  readonly nesterov: boolean;
}

/** Takes momentum updates out of a trace's operations, where nothing else needs what they compute on the way. */
export function fuseUpdates(trace: Trace): Trace {
  const graph = new TraceView(trace);
  const assigned = new Map(trace.assigned);
  const updates: MomentumUpdate[] = [];
  for (const [weight, source] of trace.assigned) {
    const update = momentumUpdate(graph, weight, source);
    if (update === undefined) continue;
    assigned.delete(update.weight);
    assigned.delete(update.velocity);
    updates.push(update);
  }
  return updates.length === 0 ? trace : pruned({ ...trace, assigned, updates });
}

function momentumUpdate(graph: TraceView, weight: number, source: Source): MomentumUpdate | undefined {
  const [before, step] = graph.inputsOf(source, "Sub", 1);
  if (before?.from !== "state" || before.state !== weight) return undefined;
  const [direction, learningRate] = graph.inputsOf(step, "Mul", 1);
  if (direction === undefined || !graph.isScalar(learningRate)) return undefined;
  const plain = velocityUpdate(graph, direction);
  if (plain !== undefined) return { weight, ...plain, learningRate, nesterov: false };
  const [gradient, ahead] = graph.inputsOf(direction, "Add", 1);
  const [velocity, momentum] = graph.inputsOf(ahead, "Mul", 1);
  const moved = velocityUpdate(graph, velocity);
  if (moved === undefined || !same(moved.gradient, gradient) || !same(moved.momentum, momentum)) return undefined;
  return { weight, ...moved, learningRate, nesterov: true };
}

/** v ← momentum · v + g, whose sum is the new state of v and is used once more, for the weight. */
function velocityUpdate(
  graph: TraceView,
  sum: Source | undefined,
): Pick<MomentumUpdate, "velocity" | "gradient" | "momentum"> | undefined {
  const [kept, gradient] = graph.inputsOf(sum, "Add", 2);
  const [before, momentum] = graph.inputsOf(kept, "Mul", 1);
  if (before?.from !== "state" || gradient === undefined || !graph.isScalar(momentum)) return undefined;
  const velocity = before.state;
  return same(graph.assigned(velocity), sum) ? { velocity, gradient, momentum } : undefined;
}

/** Looks at a trace from its ends. */
class TraceView {
  readonly #trace: Trace;
  readonly #uses = new Map<string, number>();

  constructor(trace: Trace) {
    this.#trace = trace;
    const inputs = trace.ops.flatMap((op) => op.inputs);
    for (const source of [...inputs, ...trace.results.values(), ...trace.assigned.values()]) {
      this.#uses.set(keyOf(source), (this.#uses.get(keyOf(source)) ?? 0) + 1);
    }
  }

  /** The inputs of the operation that made a value, where it has that name and the value is used so many times. */
  inputsOf(source: Source | undefined, name: string, uses: number): readonly Source[] {
    if (source?.from !== "op" || this.#uses.get(keyOf(source)) !== uses) return [];
    const op = this.#trace.ops[source.op];
    return op?.name === name ? op.inputs : [];
  }

  isScalar(source: Source | undefined): source is Source {
    if (source?.from === "scalar") return true;
    return source?.from === "constant" && this.#trace.constants[source.constant]?.shape.length === 0;
  }

  assigned(state: number): Source | undefined {
    return this.#trace.assigned.get(state);
  }
}

function same(a: Source | undefined, b: Source | undefined): boolean {
  return a !== undefined && b !== undefined && keyOf(a) === keyOf(b);
}

function keyOf(source: Source): string {
  return JSON.stringify(source);
}
