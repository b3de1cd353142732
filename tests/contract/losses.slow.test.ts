import { beforeAll, describe, expect, test } from "vitest";
import { createRegistry } from "../../core/plugins/create-registry.ts";
import { createHooks } from "../../core/plugins/hooks.ts";
import type { Registry } from "../../core/plugins/registry.ts";
import { checkLoss, defaultOptions } from "../../core/testing/index.ts";
import { builtins } from "../../plugins/index.ts";
import { testBackend } from "../support/backend.ts";
import { checkedOptions, smoothInputs } from "../support/loss-inputs.ts";
import { makePluginProject } from "../support/plugin-project.ts";
import { scoredFeatureCase, smallFeatureCase } from "../unit/losses/fgd-case.ts";
import { smallTeacherCase } from "../unit/losses/teacher-case.ts";
import { type LossCase, smallCase } from "../unit/losses/yolov7-case.ts";

/** Those of plugins that are loaded beside kdflow's own. */
const thirdParty = ["own-focal", "brier", "centred-hint"];
const losses = [
  ...(builtins.providers ?? []).filter(({ family }) => family === "losses").map(({ id }) => id),
  ...thirdParty,
];

/** Losses of detectors read boxes and cells of several levels. */
const detectorCases: Readonly<Record<string, () => LossCase>> = {
  yolov7: smallCase,
  "box-soft": smallTeacherCase,
  "objectness-scaled": smallTeacherCase,
  "kd-qfl": smallTeacherCase,
  fgd: smallFeatureCase,
  "score-l2": scoredFeatureCase,
};

let registry: Registry;

beforeAll(async () => {
  const plugins = [{ request: "focal" }, { request: "./local-loss.js" }, { request: "./centred-hint.js" }];
  const baseDir = await makePluginProject();
  registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins, baseDir });
});

describe("every loss", () => {
  test("is swept", () => {
    expect(losses).toEqual([...registry.ids("losses")]);
  });

  test.each(losses)(
    "%s is a finite, deterministic, differentiable scalar that leaves nothing behind, with every example",
    async (id) => {
      const { tf } = await testBackend();
      const { provider, schema } = await registry.find("losses", id);
      const inputs = smoothInputs[id];
      const detector = detectorCases[id]?.();
      const own = detector ? { inputs: () => detector.inputs, outputs: detector.outputs } : inputs && { inputs };
      const examples = detector ? [] : ((schema["examples"] ?? []) as readonly Record<string, unknown>[]);
      for (const example of [{}, ...examples]) {
        await checkLoss(provider, {
          tf,
          options: defaultOptions(schema, { ...example, ...checkedOptions[id] }),
          ...own,
        });
      }
    },
  );
});
