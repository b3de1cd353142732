import type { HostState } from "../../../../core/index.ts";
import { NotCapturable } from "./not-capturable.ts";

/** What one step gave: its results and the state after it. */
export interface StepOutcome {
  readonly results: Readonly<Record<string, Float32Array>>;
  readonly state: HostState;
}

export interface TwinCheck {
  readonly eager: StepOutcome;
  readonly captured: StepOutcome;
  /** Largest relative difference of a result, as max|Δ| / max|eager|. */
  readonly resultTolerance: number;
  /**
   * States after eager steps whose start differs in the last bit only. Asked for where a difference is larger than
   * the tolerance: a pooling or a relu that sits on its edge turns the last bit into more.
   */
  roundedStates(): Promise<readonly HostState[]>;
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
export async function assertTwin(check: TwinCheck): Promise<void> {
  const { eager, captured, resultTolerance } = check;
  for (const [name, values] of Object.entries(eager.results)) {
    const difference = relative(values, captured.results[name], largest);
    if (!(difference <= resultTolerance)) throw differs(`"${name}"`, difference);
  }
  const suspects = [...eager.state]
    .map(([name, values]) => ({ name, values, difference: relative(values, captured.state.get(name), norm) }))
    .filter(({ difference }) => !(difference <= stateTolerance));
  if (suspects.length === 0) return;
  const rounded = await check.roundedStates();
  for (const { name, values, difference } of suspects) {
    const byRounding = Math.max(...rounded.map((state) => relative(values, state.get(name), norm)));
    if (!(difference <= roundingFactor * byRounding)) throw differs(`the new state of "${name}"`, difference);
  }
}

/** The state with every second number moved by one unit in the last place, up or down by `parity`. */
export function movedByOneBit(state: HostState, parity: 0 | 1): HostState {
  const factor = 1 + (parity === 0 ? 1 : -1) * 2 ** -23;
  return new Map(
    [...state].map(([name, values]) => [name, values.map((value, i) => (i % 2 === parity ? value * factor : value))]),
  );
}

function differs(what: string, difference: number): NotCapturable {
  return new NotCapturable(`${what} of the graph differs from the eager step's by ${difference.toExponential(1)}`);
}

/** ‖captured − eager‖ / ‖eager‖; not finite where both are not is no difference. */
function relative(
  eager: Float32Array,
  captured: Float32Array | undefined,
  size: (values: Float32Array) => number,
): number {
  if (captured === undefined || captured.length !== eager.length) return Number.POSITIVE_INFINITY;
  const change = eager.map((value, i) => (Object.is(value, captured[i]) ? 0 : (captured[i] ?? 0) - value));
  const difference = size(change);
  return difference === 0 ? 0 : difference / size(eager);
}

function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) if (!(Math.abs(value) <= most)) most = Math.abs(value);
  return most;
}

function norm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
