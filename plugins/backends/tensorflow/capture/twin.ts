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
   * States after eager steps whose start differs in the last bit only. Asked for where a difference is larger than
   * the tolerance: a pooling or a relu that sits on its edge turns the last bit into more. Each costs a step, so the
   * next is asked for only while something is unexplained.
   */
  roundedStates(): Iterable<HostState>;
}

/** Largest relative difference of a state tensor, as ‖Δ‖ / ‖eager‖. */
const stateTolerance = 1e-5;
/** How many times the effect of rounding a difference may be, where that effect itself is above the tolerance. */
const roundingFactor = 10;

/**
 * Holds a captured step against the same step run operation by operation.
 *
 * @throws NotCapturable naming what differs, and by how much
 */
export function assertTwin(check: TwinCheck): void {
  const { what, eager, captured, resultTolerance } = check;
  for (const [name, values] of Object.entries(eager.results)) {
    const { relative } = differenceOf(values, captured.results[name], largest);
    if (relative > resultTolerance) throw differs(`"${name}"`, what, relative);
  }
  let suspects = [...eager.state]
    .map(([name, values]) => ({ name, values, ...differenceOf(values, captured.state.get(name), norm) }))
    .filter(({ relative }) => relative > stateTolerance);
  if (suspects.length === 0) return;
  for (const state of check.roundedStates()) {
    suspects = suspects.filter(({ name, values, absolute }) => {
      const byRounding = differenceOf(values, state.get(name), norm).absolute;
      return !(Number.isFinite(byRounding) && absolute <= roundingFactor * byRounding);
    });
    if (suspects.length === 0) return;
  }
  for (const { name, relative } of suspects) throw differs(`the new state of "${name}"`, what, relative);
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

/**
 * Measures by the places where both are finite. The same infinity in both, or NaN in both, is no difference; anything
 * else that is not finite is an infinite one.
 */
function differenceOf(eager: Float32Array, captured: Float32Array | undefined, measure: Measure): Difference {
  const infinite = { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY };
  if (captured?.length !== eager.length) return infinite;
  let change = 0;
  let reference = 0;
  // by index: `entries` would make an array of each number of millions
  for (let i = 0; i < eager.length; i++) {
    const value = eager[i] as number;
    const other = captured[i] as number;
    if (Object.is(value, other) && !Number.isFinite(value)) continue;
    if (!Number.isFinite(value) || !Number.isFinite(other)) return infinite;
    change = measure.add(change, other - value);
    reference = measure.add(reference, value);
  }
  const absolute = measure.size(change);
  return { absolute, relative: absolute === 0 ? 0 : absolute / measure.size(reference) };
}

/** The size of an array of finite numbers, number by number. */
interface Measure {
  add(soFar: number, value: number): number;
  size(sum: number): number;
}

const largest: Measure = { add: (soFar, value) => Math.max(soFar, Math.abs(value)), size: (most) => most };
const norm: Measure = { add: (soFar, value) => soFar + value * value, size: Math.sqrt };
