import type { JsonSchema } from "./json-schema.ts";
import { type KindName, kindNames, teacherKinds } from "./kinds.ts";

const everyStage: Readonly<Record<string, JsonSchema>> = {
  use: { type: "string", says: '"use" must be the id of a provider', description: "Which provider does it." },
  kind: { enum: kindNames, description: "What the stage is for; its name unless given." },
  inputs: {
    type: "object",
    says: '"inputs" must be a map from input to stage',
    description: "Which stages fill the ports, where a port takes another stage than the one of its own name.",
    additionalProperties: {
      anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
      says: 'the input "<key>" must be a stage\'s name or a list of them',
    },
    default: {},
  },
  seed: {
    type: "integer",
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: "Seed of this stage.",
  },
};

const ofTrain: Readonly<Record<string, JsonSchema>> = {
  seeds: {
    type: "integer",
    minimum: 1,
    default: 1,
    description: "How many seeds to train with; results are their means.",
  },
  baseline: {
    type: "boolean",
    default: true,
    description: "Whether the same student is also trained without a teacher; yes unless given.",
  },
};

const ofTeachers: Readonly<Record<string, JsonSchema>> = {
  classMap: {
    type: "object",
    says: "\"classMap\" must be a map from the model's classes to the data's",
    description: "As a teacher: the model's own class to the data's, where they have other names.",
    additionalProperties: { type: "string", says: 'the class "<key>" must be given a class of the data' },
  },
};

const ofExports: Readonly<Record<string, JsonSchema>> = {
  to: { type: "string", minLength: 1, description: "Folder that the files are also put in; from the pipeline file's." },
};

const plain: JsonSchema = { type: "object", properties: everyStage };
const trained: JsonSchema = { type: "object", properties: { ...everyStage, ...ofTrain, ...ofTeachers } };
const teacher: JsonSchema = { type: "object", properties: { ...everyStage, ...ofTeachers } };

const exported: JsonSchema = { type: "object", properties: { ...everyStage, ...ofExports } };

/** The keys of a stage that are the engine's, not its provider's, as schema; `says` is the message for a wrong value. */
export function stageKeySchema(kind: KindName): JsonSchema {
  if (kind === "train") return trained;
  if (kind === "export") return exported;
  return teacherKinds.includes(kind) ? teacher : plain;
}

/** The names of these keys. */
export function stageKeys(kind: KindName): readonly string[] {
  return Object.keys(stageKeySchema(kind)["properties"] as object);
}
