// biome-ignore-all lint/suspicious/noThenProperty: `then` is an option of warm-up.

import type { JsonSchema } from "../../../core/contracts/json-schema.ts";
import type { FamilyName } from "../../../core/contracts/kinds.ts";
import { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { allowedHint } from "../../../core/errors/nearest.ts";
import { createHooks, type Hooks } from "../../../core/plugins/hooks.ts";
import type { RegisteredProvider, Registry } from "../../../core/plugins/registry.ts";
import type { PluginRequest } from "../../../core/plugins/resolve-plugin.ts";

const integer = (minimum: number): JsonSchema => ({ type: "integer", minimum });
const number: JsonSchema = { type: "number" };

function options(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: "object", additionalProperties: false, properties, required };
}

/** A few providers whose schemas use every form that real ones use. */
const schemas: Readonly<Record<string, JsonSchema>> = {
  "data/mnist": options({
    root: { type: "string", minLength: 1, description: "folder with the IDX files" },
    validation: { type: "number", minimum: 0, maximum: 0.5, default: 0.1 },
    augment: { type: "array", items: { provider: "augmentations" }, default: [] },
  }),
  "augmentations/flip": options({ probability: { ...number, default: 0.5 } }),
  "augmentations/shift-crop": options({ shift: { ...number, default: 0.125 } }),
  "teacher/train": options({ network: { provider: "networks" }, epochs: integer(1) }, ["network", "epochs"]),
  "softLabels/logits": options({ views: { ...integer(1), default: 1 }, precision: { enum: ["float16", "float32"] } }),
  "networks/classifier": options(
    {
      backbone: { provider: "backbones" },
      normalize: {
        anyOf: [
          { enum: ["signed", "unit"] },
          {
            type: "object",
            additionalProperties: false,
            required: ["mean"],
            properties: { mean: number, std: number },
          },
        ],
        default: "signed",
      },
    },
    ["backbone"],
  ),
  "backbones/resnet": options({ depth: { enum: [8, 14, 20], default: 20 } }),
  "backbones/shufflenet-v2": options({ width: { type: "number", exclusiveMinimum: 0, default: 1 } }),
  "loss/sum": { type: "object", terms: "losses" },
  "losses/cross-entropy": options({ labelSmoothing: { ...number, default: 0 } }),
  "losses/kd": options({ temperature: { type: "number", exclusiveMinimum: 0, default: 4 } }),
  "adapters/conv1x1": options({ bias: { type: "boolean", default: true } }),
  "train/distill": options(
    {
      epochs: integer(1),
      batchSize: { ...integer(1), default: 128 },
      optimizer: { provider: "optimizers", default: { use: "sgd", momentum: 0.5 } },
      schedule: { provider: "schedules", default: "cosine" },
      amsgrad: { type: "boolean", default: false },
      note: { type: "string" },
    },
    ["epochs"],
  ),
  "optimizers/sgd": options({ learningRate: { ...number, default: 0.05 }, momentum: { ...number, default: 0.9 } }),
  "schedules/cosine": options({ final: { ...number, default: 0 } }),
  "schedules/constant": options({}),
  "schedules/warm-up": options({
    epochs: { ...number, default: 1 },
    then: { provider: "schedules", default: "cosine" },
  }),
  "evaluate/classification": options({ require: options({ top1: number }) }),
  "export/layers-model": options({}),
  "export/onnx": options({ opset: integer(7) }),
};

export interface TestRegistry extends Registry {
  readonly requested: readonly PluginRequest[];
}

/** A registry of the schemas above; its providers have nothing but an id. */
export function testRegistry(
  requested: readonly PluginRequest[] = [],
  tap: (hooks: Hooks) => void = () => undefined,
): TestRegistry {
  const hooks = createHooks();
  tap(hooks);
  const ids = (family: FamilyName): string[] =>
    Object.keys(schemas).flatMap((name) => (name.startsWith(`${family}/`) ? [name.slice(family.length + 1)] : []));
  const found = <F extends FamilyName>(family: F, id: string): RegisteredProvider<F> => {
    const schema = schemas[`${family}/${id}`];
    if (schema === undefined) {
      throw new KdflowError("KDF_CONFIG_UNKNOWN_PROVIDER", `"${id}" is not one of the ${family}`, {
        hint: allowedHint(id, ids(family)),
      });
    }
    const provider = { family, id, summary: "", cacheVersion: 1 } as unknown as RegisteredProvider<F>["provider"];
    return { provider, schema, plugin: { name: "test", version: "1.0.0" } };
  };
  return {
    hooks,
    plugins: [],
    report: undefined,
    requested,
    ids,
    found,
    find: async (family, id) => found(family, id),
  };
}
