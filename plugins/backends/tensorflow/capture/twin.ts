import type { HostState } from "../../../../core/index.ts";
import { NotCapturable } from "./not-capturable.ts";

/** What one step gave: its results and the state after it. */
export interface StepOutcome {
  readonly results: Readonly<Record<string, Float32Array>>;
  readonly state: HostState;
}

export interface TwinCheck {
  /** What was run both ways, for messages. */
  readonly what: "step" | "prediction";
  readonly eager: StepOutcome;
  readonly captured: StepOutcome;
  /** Largest relative difference of a result, as max|Δ| / max|eager|. */
  readonly resultTolerance: number;
  /**
   * What eager steps give whose start differs in the last bit only. Asked for where a difference is larger than the
   * tolerance: a pooling, a relu or an assignment that sits on its edge turns the last bit into more. Each costs a step,
   * so the next is asked for only while something is unexplained.
   */
  roundedSteps(): Iterable<StepOutcome>;
}

/** Largest relative difference of a state tensor, as ‖Δ‖ / ‖eager‖. */
const stateTolerance = 1e-5;
/** How many times the effect of rounding a difference may be, where that effect itself is above the tolerance. */
const roundingFactor = 10;

/** One tensor that a step gives: a result, or a state afterwards. */
interface Given {
  readonly words: string;
  readonly measure: Measure;
  readonly tolerance: number;
  of(outcome: StepOutcome): Float32Array | undefined;
}

/**
 * Holds a captured step against the same step run operation by operation.
 *
 * @throws NotCapturable naming what differs, and by how much
 */
export function assertTwin(check: TwinCheck): void {
  const { what, eager, captured } = check;
  const differences = (given: Given, other: StepOutcome): Difference =>
    differenceOf(given.of(eager) ?? new Float32Array(), given.of(other), given.measure);
  let suspects = givenBy(check)
    .map((given) => ({ given, ...differences(given, captured) }))
    .filter(({ given, relative }) => relative > given.tolerance);
  if (suspects.length === 0) return;
  for (const rounded of check.roundedSteps()) {
    suspects = suspects.filter(({ given, absolute }) => {
      const byRounding = differences(given, rounded).absolute;
      return !(Number.isFinite(byRounding) && absolute <= roundingFactor * byRounding);
    });
    if (suspects.length === 0) return;
  }
  for (const { given, relative } of suspects) throw differs(given.words, what, relative);
}

function givenBy({ eager, resultTolerance }: TwinCheck): Given[] {
  const results = Object.keys(eager.results).map((name): Given => {
    return { words: `"${name}"`, measure: largest, tolerance: resultTolerance, of: ({ results }) => results[name] };
  });
  const state = [...eager.state.keys()].map((name): Given => {
    const words = `the new state of "${name}"`;
    return { words, measure: norm, tolerance: stateTolerance, of: ({ state: states }) => states.get(name) };
  });
  return [...results, ...state];
}

function differs(name: string, what: TwinCheck["what"], difference: number): NotCapturable {
  return new NotCapturable(
    `${name} of the captured ${what} differs from the eager ${what}'s by ${difference.toExponential(1)}`,
  );
}

interface Difference {
  /** size(captured − eager) */
  readonly absolute: number;
  /** size(captured − eager) / size(eager) */
  readonly relative: number;
}

/** How far two arrays are apart, and how large the eager one is; both in the same measure. */
interface Distance {
  readonly change: number;
  readonly reference: number;
}

type Measure = (eager: Float32Array, captured: Float32Array) => Distance;

function differenceOf(eager: Float32Array, captured: Float32Array | undefined, measure: Measure): Difference {
  const infinite = { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY };
  if (captured?.length !== eager.length || !areFiniteAlike(eager, captured)) return infinite;
  const { change, reference } = measure(eager, captured);
  return { absolute: change, relative: change === 0 ? 0 : change / reference };
}

/** Whether what is not finite in one is the same infinity, or NaN, in the other. */
function areFiniteAlike(eager: Float32Array, captured: Float32Array): boolean {
  for (let i = 0; i < eager.length; i++) {
    const value = eager[i] as number;
    const other = captured[i] as number;
    // the difference of two finite numbers is finite in double precision
    if (!Number.isFinite(other - value) && !Object.is(value, other)) return false;
  }
  return true;
}

/** The maximum norm of the finite numbers. Plain loops: these arrays hold millions of numbers. */
function largest(eager: Float32Array, captured: Float32Array): Distance {
  let change = 0;
  let reference = 0;
  for (let i = 0; i < eager.length; i++) {
    const value = eager[i] as number;
    if (!Number.isFinite(value)) continue;
    change = Math.max(change, Math.abs((captured[i] as number) - value));
    reference = Math.max(reference, Math.abs(value));
  }
  return { change, reference };
}

/** The Euclidean norm of the finite numbers. */
function norm(eager: Float32Array, captured: Float32Array): Distance {
  let change = 0;
  let reference = 0;
  for (let i = 0; i < eager.length; i++) {
    const value = eager[i] as number;
    if (!Number.isFinite(value)) continue;
    const difference = (captured[i] as number) - value;
    change += difference * difference;
    reference += value * value;
  }
  return { change: Math.sqrt(change), reference: Math.sqrt(reference) };
}
