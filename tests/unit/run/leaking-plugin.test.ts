/** Tensors that a plugin's provider leaves behind are told with its name, once its stage is over. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";

const plugin = (run: string): string => `
const schema = { type: "object", description: "No options.", additionalProperties: false, properties: {} };
const data = {
  family: "data", id: "made", task: "classification", summary: "computes a number", cacheVersion: 1, schema, numeric: true,
  run: async (_options, _inputs, { tf }) => { ${run} },
  open: async () => ({}),
};
export const plugin = { name: "leaky", version: "1.0.0", kdflow: "^1", providers: [data] };
`;

async function warningsOf(run: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-leak-"));
  try {
    const file = join(folder, "pipeline.yaml");
    await writeFile(join(folder, "leaky.mjs"), plugin(run));
    await writeFile(file, "kdflow: 1\nname: leaky\nplugins: [./leaky.mjs]\nstages: { data: made }\n");
    const warnings: string[] = [];
    const observe = (hooks: Parameters<NonNullable<Parameters<typeof openSession>[0]["observe"]>>[0]): void =>
      hooks.warning.tap("test", ({ message }) => void warnings.push(message));
    const storeDir = join(folder, ".kdflow");
    const { error } = await (
      await openSession({ file, builtins: [builtins], backend: "cpu", storeDir, observe })
    ).run();
    if (error !== undefined) throw error;
    return warnings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("a stage that leaves tensors is warned of with hook, stage and provider", async () => {
  expect(await warningsOf("tf.scalar(1); tf.keep(tf.zeros([2, 2]));")).toEqual([
    'stage "data" left 2 tensors in memory after hook data.run; what makes tensors there has to dispose them: data/made of plugin "leaky"',
  ]);
});

test("a stage that disposes what it makes is not", async () => {
  expect(await warningsOf("tf.tidy(() => tf.add(tf.scalar(1), 1)).dispose();")).toEqual([]);
});
