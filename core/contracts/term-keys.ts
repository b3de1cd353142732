import type { JsonSchema } from "./json-schema.ts";

/** Keys of a loss term that are the engine's, not its provider's. */
export const termKeys: readonly string[] = ["use", "weight", "schedule", "at", "adapter", "mask", "labels"];

/** A weight that changes over the run. */
export const weightRamp: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["from", "to"],
  properties: {
    from: { type: "number", minimum: 0, description: "weight at the start" },
    to: { type: "number", minimum: 0, description: "weight at the end, or from `stopEpoch` on" },
    shape: { enum: ["linear", "cosine"], default: "linear", description: "how it goes from one to the other" },
    stopEpoch: { type: "number", exclusiveMinimum: 0, description: "epoch at which `to` is reached" },
  },
};

const pair: JsonSchema = { type: "string", minLength: 1 };

/** Where a term takes features, and what brings the student's to the teacher's shape. */
const places: JsonSchema = {
  at: {
    anyOf: [pair, { type: "object", minProperties: 1, additionalProperties: pair }],
    description: "taps of the student and the teacher's that each is compared with; a name alone is that of both",
  },
  adapter: { provider: "adapters", description: "what makes the student's features fit the teacher's" },
};

const numberOrRamp: JsonSchema = {
  anyOf: [{ type: "number", minimum: 0 }, { type: "object" }],
  default: 1,
  description: "weight of the term",
};

/** The schema of the engine's keys at a term; a weight is a number, or a ramp where a map is given. */
export function termSchema(isRamp: boolean): JsonSchema {
  return { type: "object", properties: { ...places, weight: isRamp ? weightRamp : numberOrRamp } };
}

/** What the engine reads of a term. */
export const readTermKeys: readonly string[] = ["use", "weight", ...Object.keys(places)];
