import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kdflow } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";
import { tinyProject } from "./support/tiny-pipeline.ts";

let interruptedFolder: string;
let undisturbedFolder: string;

beforeAll(async () => {
  [interruptedFolder, undisturbedFolder] = [await tinyProject(), await tinyProject()];
});

afterAll(async () => {
  for (const folder of [interruptedFolder, undisturbedFolder]) await rm(folder, { recursive: true, force: true });
});

describe("Ctrl-C", () => {
  it("checkpoints, prints the command that resumes (without --force), exits 130, and the resumed run ends in the same bytes", async () => {
    const more = ["--set", "stages.teacher.epochs=4", "--until", "teacher"];
    const interrupted = await kdflow(["run", "pipeline.yaml", "--force", "teacher", ...more], {
      cwd: interruptedFolder,
      onStart: (kill, onText) => onText((text) => text.includes("epoch 1/4") && kill("SIGINT")),
    });
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(interrupted.stderr).toMatch(
      /resume with: .*run pipeline\.yaml --set stages\.teacher\.epochs=4 --until teacher/,
    );
    const resumed = await kdflow(["run", "pipeline.yaml", ...more, "--verbose"], { cwd: interruptedFolder });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toMatch(/info: teacher: resumed {2}resumed from the checkpoint after \d of 4 epochs/);
    expect(resumed.stderr).toContain("debug: teacher: checkpoint  epoch 4");
    expect(resumed.stderr).not.toContain("epoch 1/4");
    await kdflow(["run", "pipeline.yaml", ...more], { cwd: undisturbedFolder });
    expect(await storeContent(interruptedFolder)).toEqual(await storeContent(undisturbedFolder));
  });
});

describe("SIGTERM in the middle of a batch that takes minutes", () => {
  it("ends the run without waiting for the batch, and the next run goes on", async () => {
    // a step of 200 digits takes plain JavaScript more than a minute
    const slow = ["--backend", "cpu", "--set", "stages.teacher.batchSize=200", "--until", "teacher"];
    const ended = await kdflow(["run", "pipeline.yaml", "--store", "slow", ...slow], {
      cwd: undisturbedFolder,
      onStart: (kill, onText) =>
        onText((text) => text.includes("preparing the step") && setTimeout(() => kill("SIGTERM"), 3000)),
    });
    // 130 where the batch has not begun
    expect(["SIGTERM", 130]).toContain(ended.signal ?? ended.code);
    const next = await kdflow(["plan", "pipeline.yaml", "--store", "slow", ...slow], { cwd: undisturbedFolder });
    expect(next.code, next.stderr).toBe(0);
    expect(next.stdout).toMatch(/data +mnist +reuse/);
  }, 60_000);
});
