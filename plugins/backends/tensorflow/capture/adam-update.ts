import type { InPlaceUpdate, Source } from "./trace.ts";
import { same, type TraceView } from "./trace-view.ts";

/**
 * Finds m ← m + c₁·(g − m), v ← v + c₂·(g² − v), w ← w·decay − (m·rate) / (√v + ε), the decay being there or not, which
 * TensorFlow does in place and in one pass over memory.
 *
 * TensorFlow would correct the bias itself, with an ε that is not corrected. Powers of β that are zero switch that off:
 * rate and ε are taken as the step has them, bias corrections and all, and so are PyTorch's.
 *
 * @param source the weight's new value
 * @param constant a number as a source
 */
export function adamUpdate(
  graph: TraceView,
  weight: number,
  source: Source,
  constant: (value: number) => Source,
): InPlaceUpdate | undefined {
  const [before, step] = graph.inputsOf(source, "Sub");
  const kept = keptWeight(graph, weight, before);
  const [numerator, denominator] = graph.inputsOf(step, "RealDiv", 1);
  const [first, rate] = graph.inputsOf(numerator, "Mul", 1);
  const [root, epsilon] = graph.inputsOf(denominator, "Add", 1);
  const [second] = graph.inputsOf(root, "Sqrt", 1);
  const mean = movedMean(graph, first);
  const square = movedMean(graph, second);
  const [gradient, again] = graph.inputsOf(square?.value, "Square", 1);
  if (kept === undefined || mean === undefined || square === undefined || again !== undefined) return undefined;
  if (gradient === undefined || !same(mean.value, gradient)) return undefined;
  if (!graph.isScalar(rate) || !graph.isScalar(epsilon)) return undefined;
  const [none, beta1, beta2] = [0, mean.beta, square.beta].map(constant) as [Source, Source, Source];
  return {
    operation: "ResourceApplyAdam",
    weight,
    slots: [mean.state, square.state],
    inputs: [none, none, rate, beta1, beta2, epsilon, gradient],
    gradient: 6,
    flags: { use_nesterov: false },
    decay: kept.decay,
  };
}

/** The weight itself, or its product with a number. */
function keptWeight(
  graph: TraceView,
  weight: number,
  source: Source | undefined,
): { readonly decay: Source | undefined } | undefined {
  if (source?.from === "state") return source.state === weight ? { decay: undefined } : undefined;
  const [before, decay] = graph.inputsOf(source, "Mul", 1);
  if (before?.from !== "state" || before.state !== weight || !graph.isScalar(decay)) return undefined;
  return { decay };
}

interface MovedMean {
  /** Place in the step's state. */
  readonly state: number;
  readonly value: Source;
  readonly beta: number;
}

/** m ← m + c·(x − m), whose sum is the new state of m and is used once more; c must be 1 − β of a float32 β. */
function movedMean(graph: TraceView, sum: Source | undefined): MovedMean | undefined {
  const [before, move] = graph.inputsOf(sum, "Add", 2);
  const [difference, factor] = graph.inputsOf(move, "Mul", 1);
  const [value, subtracted] = graph.inputsOf(difference, "Sub", 1);
  const share = graph.constantValue(factor);
  if (before?.from !== "state" || graph.uses(before) !== 2 || !same(before, subtracted)) return undefined;
  if (value === undefined || share === undefined || !same(graph.assigned(before.state), sum)) return undefined;
  const beta = Math.fround(1 - share);
  return Math.fround(1 - beta) === share ? { state: before.state, value, beta } : undefined;
}
