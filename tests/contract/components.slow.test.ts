import { beforeAll, test } from "vitest";
import type { Backend, FamilyName } from "../../core/index.ts";
import { isStageFamily } from "../../core/plugins/check-plugin.ts";
import { createRegistry } from "../../core/plugins/create-registry.ts";
import { createHooks } from "../../core/plugins/hooks.ts";
import type { Registry } from "../../core/plugins/registry.ts";
import { checkComponent, defaultOptions } from "../../core/testing/index.ts";
import { builtins } from "../../plugins/index.ts";
import { testBackend } from "../support/backend.ts";
import { builtInComponents } from "../support/built-in-components.ts";

/** A task has no options, a backend is loaded once in a process, losses have a sweep of their own. */
const apart: readonly FamilyName[] = ["tasks", "backends", "losses"];

const declared = (builtins.providers ?? []).map(({ family, id }) => ({ family, id, name: `${family}/${id}` }));
const components = declared.filter(({ family }) => !isStageFamily(family) || family === "loss");

/** Options beside the defaults. */
const given: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "networks/classifier": { backbone: { use: "resnet", depth: 8 } },
  "networks/yolo": { backbone: { use: "shufflenet-v2", width: 0.5 }, imageSize: 128 },
  "loss/sum": {
    "cross-entropy": { use: "cross-entropy", weight: 0.5, options: { labelSmoothing: 0 } },
    kd: { use: "kd", weight: { from: 1, to: 0, shape: "cosine" }, options: { temperature: 4 } },
  },
};

let backend: Backend;
let registry: Registry;

beforeAll(async () => {
  backend = await testBackend();
  registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });
  for (const { family, id } of declared) await registry.find(family, id);
});

test.each(components.filter(({ family }) => !apart.includes(family)))(
  "$name gives the same for the same seed, leaves nothing, and its errors name its plugin",
  async ({ family, id, name }) => {
    const { provider, schema } = await registry.find(family, id);
    const components = builtInComponents(registry, backend);
    const options = family === "loss" ? (given[name] ?? {}) : defaultOptions(schema, given[name]);
    await checkComponent(provider, { tf: backend.tf, backend, ...components, options });
  },
);
