import type { JsonSchema } from "../plugins/json-schema.ts";
import type { ConfigNode } from "./config-node.ts";

/** Keys of a loss term that are the engine's, not its provider's. */
export const termKeys: readonly string[] = ["use", "weight", "schedule", "at", "adapter", "mask", "labels"];

/** A weight that changes over the run. */
const ramp: JsonSchema = {
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

const rampOfTerm: JsonSchema = { type: "object", properties: { weight: ramp } };

const weightOfTerm: JsonSchema = {
  type: "object",
  properties: { weight: { anyOf: [{ type: "number", minimum: 0 }, { type: "object" }], default: 1 } },
};

/** The schema that a term's weight is checked against, as `{ weight }`: a number, or a ramp where a map is given. */
export function weightSchema(weight: ConfigNode | undefined): JsonSchema {
  return weight?.kind === "map" ? rampOfTerm : weightOfTerm;
}

/** The schema of a weight's keys, for `--set stages.loss.kd.weight.from=…`. */
export const weightRamp: JsonSchema = ramp;
