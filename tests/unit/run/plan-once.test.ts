/** What is decided while planning is not decided again while running. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { definePlugin, defineProvider } from "../../../core/index.ts";
import { openSession, type SessionOptions } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-plan-once-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const none = { type: "object", description: "No options.", additionalProperties: false, properties: {} };
const asked: string[] = [];

/** A model that hangs on a file outside the store, which is looked at whenever its fingerprint is asked for. */
const outside = (id: string) =>
  defineProvider<"model", object>("model", {
    id,
    summary: "a model from outside",
    cacheVersion: 1,
    schema: none,
    fingerprint: async () => {
      asked.push(id);
      return { file: "1" };
    },
    run: (_options, _inputs, { outputDir }) => writeFile(join(outputDir, "model.txt"), id),
    open: async () => ({}) as never,
  });
const plugin = definePlugin({
  name: "outside",
  version: "1.0.0",
  kdflow: "^1",
  providers: [outside("one"), outside("two")],
});

const open = async (observe?: SessionOptions["observe"]) => {
  const file = join(folder, "models.yaml");
  await writeFile(
    file,
    "kdflow: 1\nname: models\nstages:\n  a: { kind: model, use: one }\n  b: { kind: model, use: two }\n",
  );
  const storeDir = join(folder, ".kdflow");
  return openSession({ file, storeDir, backend: "cpu", builtins: [builtins, plugin], ...(observe && { observe }) });
};

test.each(["computed", "reused"])("a stage's fingerprint is asked for once in a run in which it is %s", async () => {
  asked.length = 0;
  const outcome = await (await open()).run();
  expect(outcome.error).toBeUndefined();
  expect(asked).toEqual(["one", "two"]);
});

test("a tap that throws at the end keeps the event from nobody, and the run fails all the same", async () => {
  const seen: string[] = [];
  const session = await open((hooks) => {
    hooks.runEnd.tap("first", () => {
      throw new Error("no connection");
    });
    hooks.runEnd.tap("second", ({ status }) => void seen.push(status));
  });
  await expect(session.run()).rejects.toMatchObject({
    code: "KDF_PLUGIN_HOOK",
    message: expect.stringContaining("first"),
  });
  expect(seen[0]).toBe("ok");
});
