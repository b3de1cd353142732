import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileCore } from "../../support/compiled-core.ts";

let core: URL;

beforeAll(async () => {
  core = await compileCore();
});

afterAll(() => rm(new URL("../", core), { recursive: true, force: true }));

function runScript(script: string): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { cwd: fileURLToPath(core) });
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.on("close", (code) => resolve({ code, stderr }));
  });
}

test("a process whose last work is a tap that never settles fails with the plugin's name", async () => {
  const { code, stderr } = await runScript(`
    const { createHooks } = await import("${new URL("plugins/hooks.js", core)}");
    const hooks = createHooks();
    hooks.stageStart.for("data").tapPromise("never-settles", () => new Promise(() => undefined));
    void hooks.stageStart.for("data").promise({ stage: "digits" });
  `);
  expect(stderr).toContain("KDF_PLUGIN_HANG");
  expect(stderr).toContain('plugin "never-settles" in hook stageStart.data (stage "digits")');
  expect(code).toBe(1);
});

test("a process whose taps all settled ends well", async () => {
  const { code, stderr } = await runScript(`
    const { createHooks } = await import("${new URL("plugins/hooks.js", core)}");
    const hooks = createHooks();
    hooks.stageStart.for("data").tapPromise("quick", async () => undefined);
    await hooks.stageStart.for("data").promise({ stage: "digits" });
  `);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
