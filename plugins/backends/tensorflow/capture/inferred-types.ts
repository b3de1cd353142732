import type { Source, TracedOp } from "./trace.ts";

/** Type attributes that tfjs-node leaves to the eager runtime, which takes them from an input; graphs name them. */
const typedByInput: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ExpandDims: { T: 0, Tdim: 1 },
};

/** Names of an operation's type attributes that were not given, each with the input that has the type. */
export function inferredTypes({ name, attributes, inputs }: TracedOp): readonly (readonly [string, Source])[] {
  const given = new Set(attributes.map((attribute) => attribute.name));
  return Object.entries(typedByInput[name] ?? {}).flatMap(([attribute, place]) => {
    const input = inputs[place];
    return given.has(attribute) || input === undefined ? [] : [[attribute, input] as const];
  });
}
