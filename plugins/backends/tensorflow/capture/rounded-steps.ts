import type { HostState, StateVariable } from "../../../../core/index.ts";
import type { NativeBinding } from "../native-backend.ts";
import type { GraphPart } from "./graph-part.ts";
import { type ReplayStart, replayTrace } from "./replay-trace.ts";
import type { StepOutcome } from "./twin.ts";

/** What eager steps give from a start of which only the last bits differ. Each step is made when it is asked for. */
export function* roundedSteps(
  binding: NativeBinding,
  part: GraphPart,
  variables: readonly StateVariable[],
  start: ReplayStart,
): Generator<StepOutcome> {
  const whole = new Set(variables.filter(({ variable }) => variable.dtype !== "float32").map(({ name }) => name));
  for (const nudge of nudges) {
    const state = movedByOneBit(start.state, nudge, (name) => !whole.has(name));
    yield replayTrace(binding, part, variables, { ...start, state });
  }
}

/** Which numbers of a state move by one unit in the last place, and where to. */
export interface Nudge {
  /** Every so many numbers. */
  readonly every: number;
  readonly by: 1 | -1;
}

/** Several, since each puts other values of a network over the edge of a relu or a pooling. */
export const nudges: readonly Nudge[] = [
  { every: 2, by: 1 },
  { every: 2, by: -1 },
  { every: 3, by: 1 },
  { every: 3, by: -1 },
];

/** @param moves whether the numbers of that name are moved; whole numbers are not */
export function movedByOneBit(
  state: HostState,
  { every, by }: Nudge,
  moves: (name: string) => boolean = () => true,
): HostState {
  const factor = 1 + by * 2 ** -23;
  const first = by === 1 ? 0 : 1;
  const moved = (values: Float32Array): Float32Array => {
    const copy = values.slice();
    for (let i = first; i < copy.length; i += every) copy[i] = (copy[i] as number) * factor;
    return copy;
  };
  return new Map([...state].map(([name, values]) => [name, moves(name) ? moved(values) : values]));
}
