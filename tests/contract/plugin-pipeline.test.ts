import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Hooks } from "../../core/plugins/hooks.ts";
import { openSession } from "../../core/run/session.ts";
import type { RunOutcome } from "../../core/run/session-types.ts";
import { builtins } from "../../plugins/index.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { makePluginProject } from "../support/plugin-project.ts";

let project: string;
let runs = 0;

beforeAll(async () => {
  project = await makePluginProject();
  await writeTinyMnist(join(project, "digits"), { train: 60, test: 20 });
});

/** A student of a few steps, trained with the losses of plugins. */
function pipelineText(plugins: string, loss: string, exporting?: string): string {
  return `kdflow: 1
name: plugged
plugins: ${plugins}
stages:
  data: { use: mnist, root: ./digits }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: ${loss}
  train: { epochs: 1, batchSize: 32, baseline: false }
${exporting === undefined ? "" : `  export: ${exporting}\n`}`;
}

async function runPipeline(
  plugins: string,
  loss: string,
  observe?: (hooks: Hooks) => void,
  exporting?: string,
): Promise<RunOutcome> {
  const file = join(project, "pipeline.yaml");
  await writeFile(file, pipelineText(plugins, loss, exporting));
  const session = await openSession({
    file,
    builtins: [builtins],
    storeDir: join(project, `store-${++runs}`),
    ...(observe === undefined ? {} : { observe }),
  });
  return session.run();
}

test("a pipeline trains with the losses of a package and of a local file", async () => {
  const losses: string[] = [];
  const outcome = await runPipeline("[focal, ./local-loss.js]", "{ own-focal: { gamma: 1 }, brier: 0.5 }", (hooks) => {
    hooks.epochEnd.tap("kdflow:test", ({ values }) => void losses.push(...Object.keys(values)));
  });
  expect(outcome.error).toBeUndefined();
  expect(outcome.status).toBe("ok");
  expect(losses).toEqual(expect.arrayContaining(["loss"]));
});

test("a plugin for another plugin API is loaded where the pipeline says so", async () => {
  const outcome = runPipeline("[{ use: ./wrong-api.js, anyApi: true }]", "{ cross-entropy: 1 }");
  expect(await outcome).toMatchObject({ status: "ok" });
  const refused = runPipeline("[{ use: ./wrong-api.js, anyApi: false }]", "{ cross-entropy: 1 }");
  await expect(refused).rejects.toMatchObject({ code: "KDF_PLUGIN_API_VERSION", where: { line: 3 } });
  const misspelt = runPipeline("[{ use: ./wrong-api.js, anyApis: true }]", "{ cross-entropy: 1 }");
  await expect(misspelt).rejects.toThrow("{ use: focal, anyApi: true }");
});

test("a tap that throws fails the run with the plugin's name", async () => {
  const outcome = await runPipeline("[./throws-in-tap.js]", "{ cross-entropy: { weight: 2 } }");
  expect(outcome).toMatchObject({ status: "failed", error: { code: "KDF_PLUGIN_HOOK" } });
});

test("a loss that throws while training fails the run with the plugin's name", async () => {
  await writeFile(
    join(project, "broken-loss.mjs"),
    `export const plugin = { name: "broken-loss", version: "1.0.0", kdflow: "^1", providers: [{
      family: "losses", id: "broken", summary: "Throws.", cacheVersion: 1, needs: ["studentLogits"],
      schema: { type: "object", description: "Throws.", additionalProperties: false, properties: {} },
      create: () => ({ compute() { throw new TypeError("the table is empty"); } }) }] };`,
  );
  const outcome = await runPipeline("[./broken-loss.mjs]", "{ broken: 1 }");
  expect(outcome.status).toBe("failed");
  expect(outcome.error).toMatchObject({ code: "KDF_PLUGIN_PROVIDER" });
  expect(String(outcome.error)).toContain('losses/broken of plugin "broken-loss" 1.0.0 failed in stage "train"');
});

test("a loss that changes its options fails the run with the names of provider, plugin and stage", async () => {
  await writeFile(
    join(project, "greedy-loss.mjs"),
    `export const plugin = { name: "greedy-loss", version: "1.0.0", kdflow: "^1", providers: [{
      family: "losses", id: "greedy", summary: "Changes.", cacheVersion: 1, needs: ["studentLogits"],
      schema: { type: "object", description: "Changes.", additionalProperties: false,
        properties: { scale: { type: "number", default: 1, description: "A factor." } } },
      create: (options, { tf }) => ({ compute: ({ studentLogits }) => tf.mul(tf.mean(studentLogits), ++options.scale) }) }] };`,
  );
  const { error } = await runPipeline("[./greedy-loss.mjs]", "{ greedy: 1 }");
  expect(error).toMatchObject({
    code: "KDF_PLUGIN_PROVIDER",
    cause: { message: expect.stringContaining("read only") },
  });
  expect(String(error)).toContain('losses/greedy of plugin "greedy-loss" 1.0.0 failed in stage "train"');
});

test("an export writes kernels with the emitters of a local file", async () => {
  await writeFile(
    join(project, "own-emitters.mjs"),
    `export const plugin = { name: "own-emitters", version: "1.0.0", kdflow: "^1", providers: [{
      family: "emitters", id: "leaky", summary: "Relu by another operator.", cacheVersion: 1,
      schema: { type: "object", description: "Relu.", additionalProperties: false, properties: {} },
      create: () => ({ onnx: { Relu(node, onnx) {
        const { tensor, order } = onnx.stored(node.inputs.x);
        onnx.give(node.outputs[0], onnx.node("LeakyRelu", [tensor], { alpha: { float: 0 } }), order);
      } } }) }] };`,
  );
  const outcome = await runPipeline(
    "[./own-emitters.mjs]",
    "{ cross-entropy: 1 }",
    undefined,
    "{ use: onnx, emitters: [leaky] }",
  );
  const bytes = await readFile(join(outcome.exports?.["export"] ?? "", "model.onnx"));

  expect(outcome.error).toBeUndefined();
  expect(bytes.includes("LeakyRelu")).toBe(true);
  expect(bytes.includes("/Relu")).toBe(false);
});

test.each([
  ["./throws-on-import.js", "KDF_PLUGIN_LOAD"],
  ["./takes-kd.js", "KDF_PLUGIN_DUPLICATE"],
  ["./wrong-api.js", "KDF_PLUGIN_API_VERSION"],
  ["./misspelt-hook.js", "KDF_PLUGIN_HOOK_UNKNOWN"],
  ["fokal", "KDF_PLUGIN_NOT_FOUND"],
])("%s is refused with %s and the line of the pipeline", async (plugin, code) => {
  const outcome = runPipeline(`\n  - ${plugin}`, "{ cross-entropy: 1 }");
  await expect(outcome).rejects.toMatchObject({ code, where: { line: 4, column: 5, length: plugin.length } });
});
