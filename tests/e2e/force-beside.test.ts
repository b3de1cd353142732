import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { kdflow } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";
import { tinyProject } from "./support/tiny-pipeline.ts";

let folder: string;

beforeAll(async () => {
  folder = await tinyProject();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("a forced run takes nothing away from a run beside it, and both end well", async () => {
  const first = await kdflow(["run", "pipeline.yaml"], { cwd: folder });
  expect(first.code, first.stderr).toBe(0);
  const whole = await storeContent(folder);
  const [forced, beside] = await Promise.all([
    kdflow(["run", "pipeline.yaml", "--force", "all"], { cwd: folder }),
    kdflow(["run", "pipeline.yaml", "--set", "vars.temperature=3"], { cwd: folder }),
  ]);
  expect(forced.code, forced.stderr).toBe(0);
  expect(beside.code, beside.stderr).toBe(0);
  expect(forced.stderr + beside.stderr).not.toContain("damaged");
  expect(await storeContent(folder)).toMatchObject(whole);
});

it("a forced run that was interrupted is resumed by a plain one, though the old result is still there", async () => {
  const interrupted = await kdflow(["run", "pipeline.yaml", "--force", "teacher", "--until", "teacher"], {
    cwd: folder,
    onStart: (kill, onText) => onText((text) => text.includes("epoch 1/2") && kill("SIGINT")),
  });
  expect(interrupted.code, interrupted.stderr).toBe(130);
  const resumed = await kdflow(["run", "pipeline.yaml", "--until", "teacher", "--verbose"], { cwd: folder });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.stderr).toContain("resumed from the checkpoint after 1 of 2 epochs");
  const again = await kdflow(["run", "pipeline.yaml", "--until", "teacher"], { cwd: folder });
  expect(again.stderr).toContain("teacher: reused");
});
