/** Losses of a plugin that cannot be captured: one warning, and the run trains operation by operation. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HookEvents } from "../../core/plugins/hooks.ts";
import { openSession } from "../../core/run/session.ts";
import { builtins } from "../../plugins/index.ts";
import { nativeReason } from "../support/backend.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { makePluginProject } from "../support/plugin-project.ts";

let project: string;
let runs = 0;

beforeAll(async () => {
  project = await makePluginProject();
  await writeTinyMnist(join(project, "digits"), { train: 60, test: 20 });
});

afterAll(async () => {
  await rm(project, { recursive: true, force: true });
});

const pipeline = (loss: string): string => `kdflow: 1
name: not-captured
plugins: [./impure-losses.js]
stages:
  data: { use: mnist, root: ./digits }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 1${loss} }
  train: { epochs: 2, batchSize: 16, baseline: false }
`;

/** Trains on `tensorflow`; says how the run ended, what it warned of, and the modes that its steps had. */
async function run(loss: string) {
  const file = join(project, "pipeline.yaml");
  await writeFile(file, pipeline(loss));
  const warnings: HookEvents["warning"][] = [];
  const modes: unknown[] = [];
  const session = await openSession({
    file,
    builtins: [builtins],
    backend: "tensorflow",
    storeDir: join(project, `store-${++runs}`),
    observe: ({ warning, log }) => {
      warning.tap("kdflow:test", (event) => void warnings.push(event));
      log.tap("kdflow:test", ({ event, data }) => void (event === "stepMode" && modes.push(data["mode"])));
    },
  });
  const outcome = await session.run();
  return { outcome, warnings, modes };
}

test.for([
  ["reads-on-the-host", "it reads a tensor's value on the host"],
  // by what it is recorded with, the operation that the counter goes into
  ["counts-its-calls", "the operation RealDiv takes a constant that differs the second time it is recorded"],
  ["drops-out", "it draws random numbers with tf.dropout, and a replay would not draw new ones"],
])("a loss that is not capturable (%s) is named in one warning and trains eagerly", async ([id, reason], context) => {
  const unavailable = await nativeReason();
  if (unavailable !== undefined) return context.skip(unavailable);
  const { outcome, warnings, modes } = await run(`, ${id}: 0.01`);
  expect(outcome.error).toBeUndefined();
  expect(outcome.status).toBe("ok");
  expect(modes).toEqual(["eager"]);
  const message = `the training step is not captured and runs operation by operation: loss term "${id}": ${reason}`;
  expect(warnings).toEqual([{ stage: "train", event: "notCaptured", message }]);
});

test("the same training without such a loss is captured, and warns of nothing", async (context) => {
  const unavailable = await nativeReason();
  if (unavailable !== undefined) return context.skip(unavailable);
  const { outcome, warnings, modes } = await run("");
  expect(outcome.status).toBe("ok");
  expect(modes).toEqual(["captured"]);
  expect(warnings).toEqual([]);
});
