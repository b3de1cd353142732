import type { StateVariable } from "../../../../core/index.ts";
import { type FlatValue, joinedValue, memberValue, sourcesOf, type ValueContext, withSources } from "./flat-value.ts";
import type { GraphPart } from "./graph-part.ts";
import { contextOf, type StatePack, updateKey } from "./state-packs.ts";
import { type InPlaceUpdate, keptOperations, type Source, type Trace } from "./trace.ts";

/** How a step changes a pack. */
export interface PackChange {
  readonly pack: number;
  /** What an operation that changes it in place takes after the pack and its slots; else the pack's new value alone. */
  readonly inputs: readonly FlatValue[];
  readonly inPlace?: Pick<InPlaceUpdate, "operation" | "flags" | "decay"> & { readonly slots: readonly number[] };
}

/** A trace whose new state is that of packs. */
export interface PackedTrace extends Pick<Trace, "ops" | "constants" | "results"> {
  readonly changes: readonly PackChange[];
}

/**
 * Writes a part's changes as changes of packs.
 *
 * @param part with its updates fused
 * @param unfused the same part with its updates as operations, for packs that were planned for another part
 */
export function packTrace(
  packs: readonly StatePack[],
  state: readonly StateVariable[],
  part: GraphPart,
  unfused: GraphPart,
): PackedTrace {
  const changes = changesOf(packs, state, part);
  if (changes !== undefined) return keepNeeded(part.trace, changes);
  return keepNeeded(unfused.trace, changesOf(packs, state, unfused) ?? []);
}

/** `undefined` where an update in place would change a piece of a pack only. */
function changesOf(
  packs: readonly StatePack[],
  state: readonly StateVariable[],
  part: GraphPart,
): readonly PackChange[] | undefined {
  const { updates, assigned } = part.trace;
  const changer = { packs, context: contextOf(part, state) };
  const changes: PackChange[] = [];
  let done = 0;
  for (const [pack, each] of packs.entries()) {
    const places = placesOf(each);
    const own = places.flatMap((place) => updates.filter(({ weight }) => weight === place));
    if (own.length > 0) {
      const change = own.length === places.length ? inPlaceChange(changer, pack, own) : undefined;
      if (change === undefined) return undefined;
      changes.push(change);
      done += own.length;
    } else if (places.some((place) => assigned.has(place))) {
      changes.push({ pack, inputs: [newValue(changer, places, assigned)] });
    }
  }
  return done === updates.length ? changes : undefined;
}

interface Changer {
  readonly packs: readonly StatePack[];
  readonly context: ValueContext;
}

/** @param updates of all weights of a pack, in its order */
function inPlaceChange(
  { packs, context }: Changer,
  pack: number,
  updates: readonly InPlaceUpdate[],
): PackChange | undefined {
  const [first] = updates;
  if (first === undefined || new Set(updates.map((update) => updateKey(context, update))).size !== 1) return undefined;
  // a gradient that needs a weight's new value would wait for an update that waits for it
  if (updates.some(({ inputs }) => inputs.some((source) => context.graph.needsUpdated(source)))) return undefined;
  const { operation, flags, decay } = first;
  const slots = first.slots.map((_, slot) =>
    packs.findIndex((other) =>
      sameList(
        placesOf(other),
        updates.map((update) => update.slots[slot]),
      ),
    ),
  );
  if (slots.includes(-1)) return undefined;
  const gradients = updates.map(({ weight, inputs, gradient }) =>
    memberValue(context, inputs[gradient] as Source, weight),
  );
  const inputs = first.inputs.map(
    (source, place): FlatValue =>
      place === first.gradient ? joinedValue(gradients.map(({ value }) => value)) : { of: "number", source },
  );
  return { pack, inputs, inPlace: { operation, flags, decay, slots } };
}

/** New value of a pack of which some members change. */
function newValue({ context }: Changer, places: readonly number[], assigned: Trace["assigned"]): FlatValue {
  const sources = places.map((place): Source => assigned.get(place) ?? { from: "state", state: place });
  const values = sources.map((source, i) => memberValue(context, source, places[i] as number));
  const alike = new Set(values.map(({ key }) => key)).size === 1;
  return alike ? joinedValue(values.map(({ value }) => value)) : { of: "members", sources };
}

function placesOf({ members }: StatePack): readonly number[] {
  return members.map(({ place }) => place);
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, place) => value === b[place]);
}

/** The operations that results and changes need. */
function keepNeeded(trace: Trace, changes: readonly PackChange[]): PackedTrace {
  const taken = changes.flatMap(({ inputs, inPlace }) => {
    const sources = inputs.flatMap(sourcesOf);
    return inPlace?.decay === undefined ? sources : [...sources, inPlace.decay];
  });
  const { ops, constants, renumbered } = keptOperations(trace, [...trace.results.values(), ...taken]);
  return {
    ops,
    constants,
    results: new Map([...trace.results].map(([name, source]) => [name, renumbered(source)])),
    changes: changes.map((change) => ({
      ...change,
      inputs: change.inputs.map((value) => withSources(value, renumbered)),
      ...(change.inPlace && {
        inPlace: { ...change.inPlace, decay: change.inPlace.decay && renumbered(change.inPlace.decay) },
      }),
    })),
  };
}
