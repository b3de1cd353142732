import type { StateVariable } from "../../../../core/index.ts";
import { memberValue, type ValueContext } from "./flat-value.ts";
import { type GraphPart, shapeOf } from "./graph-part.ts";
import type { InPlaceUpdate } from "./trace.ts";
import { TraceView } from "./trace-view.ts";

/**
 * State variables that lie in one variable of the graph, `[size]`, one after the other. A graph of some hundred
 * variables takes TensorFlow longer to prepare than one of a few, and each of them is one more operation to start.
 */
export interface StatePack {
  readonly dtype: StateVariable["variable"]["dtype"];
  readonly members: readonly PackMember[];
  /** Numbers in all members. */
  readonly size: number;
}

export interface PackMember {
  /** In the step's state. */
  readonly place: number;
  readonly shape: readonly number[];
  readonly size: number;
  /** Where it begins in the pack. */
  readonly offset: number;
}

/**
 * Puts together what a training step changes in the same way: weights that take one rule with the same numbers, their
 * slots in the same order, moving averages with the same share, and what it leaves alone.
 *
 * @param part whose step decides; its updates are fused
 */
export function planPacks(state: readonly StateVariable[], part: GraphPart | undefined): readonly StatePack[] {
  const groups = new Map<string, number[]>();
  const put = (key: string, place: number): void => {
    const { dtype } = variableAt(state, place);
    groups.set(`${dtype} ${key}`, [...(groups.get(`${dtype} ${key}`) ?? []), place]);
  };
  const inPlace = new Set<number>();
  if (part !== undefined) {
    const context = contextOf(part, state);
    for (const update of part.trace.updates) {
      const key = updateKey(context, update);
      for (const [slot, place] of [update.weight, ...update.slots].entries()) {
        put(`${slot} of ${key}`, place);
        inPlace.add(place);
      }
    }
    for (const [place, source] of part.trace.assigned) put(memberValue(context, source, place).key, place);
  }
  for (const place of state.keys()) {
    if (!inPlace.has(place) && part?.trace.assigned.has(place) !== true) put("kept", place);
  }
  return [...groups.values()].map((places) => packOf(state, places));
}

/** What is the same in updates that one operation can do. */
export function updateKey(context: ValueContext, update: InPlaceUpdate): string {
  const { operation, weight, inputs, gradient, flags, decay } = update;
  const taken = inputs.map((source, place) =>
    place === gradient ? memberValue(context, source, weight).key : JSON.stringify(source),
  );
  return JSON.stringify([operation, taken, flags, decay]);
}

export function contextOf(part: GraphPart, state: readonly StateVariable[]): ValueContext {
  return { graph: new TraceView(part.trace), shapeOf: (source) => shapeOf(part, state, source) };
}

function packOf(state: readonly StateVariable[], places: readonly number[]): StatePack {
  let size = 0;
  const members = places.map((place): PackMember => {
    const variable = variableAt(state, place);
    const member = { place, shape: variable.shape, size: variable.size, offset: size };
    size += variable.size;
    return member;
  });
  return { dtype: variableAt(state, places[0] ?? 0).dtype, members, size };
}

function variableAt(state: readonly StateVariable[], place: number): StateVariable["variable"] {
  const found = state[place];
  if (found === undefined) throw new RangeError(`no state variable ${place}`);
  return found.variable;
}
