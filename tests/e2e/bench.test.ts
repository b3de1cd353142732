import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { nativeReason } from "../support/backend.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const launcher = join(root, "scripts", "bench.mjs");
const bench = (...args: string[]) => promisify(execFile)(process.execPath, [launcher, ...args], { cwd: root });

test("npm run bench -- step measures a captured step and writes what it measured", async (context) => {
  const reason = await nativeReason();
  if (reason !== undefined) return context.skip(reason);
  const folder = await mkdtemp(join(tmpdir(), "kdflow-bench-test-"));
  const output = join(folder, "step.json");

  const size = ["--networks", "mobilenet-v1", "--rounds", "1", "--steps", "2"];
  const { stdout } = await bench("step", ...size, "--rivals", "kdflow", "--output", output);

  expect(stdout).toContain("| MobileNetV1 0.5, 96 px, batch 32 | kdflow ");
  const report = JSON.parse(await readFile(output, "utf8"));
  expect(report.versions).toMatchObject({ tfjs: "4.22.0", TensorFlow: expect.any(String) });
  // 869 892 weights: those of width 0.5 without its classifier, and 100 classes
  expect(report.networks).toMatchObject([{ network: "mobilenet-v1", parameters: 869_892 }]);
  const [kdflow] = report.networks[0].rivals;
  expect(kdflow).toMatchObject({ id: "kdflow", times: [[expect.any(Number), expect.any(Number)]] });
  expect(kdflow.losses.every(Number.isFinite)).toBe(true);
  await rm(folder, { recursive: true });
});

test("npm run bench -- eval scores what it wrote, with pycocotools where it is there", async () => {
  const { stdout } = await bench("eval", "--images", "20", "--detections", "10", "--categories", "3", "--rounds", "1");
  const rows = stdout.trim().split("\n").slice(2);
  const scores = rows.map((row) => Number(row.split("|").at(-2)));
  expect(rows[0]).toContain("| kdflow");
  expect(scores[0]).toBeGreaterThan(0.01);
  for (const score of scores) expect(Math.abs(score - (scores[0] ?? 0))).toBeLessThan(1e-9);
});

test("an unknown topic is told with those there are", async () => {
  await expect(bench("teapot")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /topics: deploy, detection, detector-step, eval, loader, losses, profile, start, step, teacher, views$/m,
    ),
  });
});
