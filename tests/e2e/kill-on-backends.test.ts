import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { writeTinyMnist } from "../support/mnist.ts";
import { kdflow, repository } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";

/** One small training; five steps in each of two epochs. */
const pipeline = `kdflow: 1
plugins: [./kill-plugin.mjs]
stages:
  data: { use: mnist, root: ./mnist, validation: 0, augment: [shift-crop] }
  teacher: { use: train, epochs: 2, batchSize: 2, network: { use: classifier, backbone: { use: shufflenet-v2, width: 0.5 } } }
`;

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function project(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-e2e-"));
  folders.push(folder);
  await writeTinyMnist(join(folder, "mnist"), { train: 10, test: 10 });
  await copyFile(join(repository, "tests/fixtures/kill/kill-plugin.mjs"), join(folder, "kill-plugin.mjs"));
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
  return folder;
}

it.each(["wasm"])("a training killed by kill -9 on backend %s ends in the same bytes", async (backend) => {
  const run = ["run", "pipeline.yaml", "--json", "--backend", backend];
  const whole = await project();
  const undisturbed = await kdflow(run, { cwd: whole });
  expect(undisturbed.code, undisturbed.stderr).toBe(0);
  const cwd = await project();
  // within the second epoch, with a checkpoint after every step
  const often = ["--set", "stages.teacher.checkpointMinutes=0.0000001"];
  const killed = await kdflow([...run, ...often], { cwd, env: { KDFLOW_TEST_KILL: "progress:teacher:8" } });
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  const resumed = await kdflow(run, { cwd });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.stdout).toMatch(/resumed from the checkpoint after 1 of 2 epochs and \d steps/);
  expect(await storeContent(cwd)).toEqual(await storeContent(whole));
});
