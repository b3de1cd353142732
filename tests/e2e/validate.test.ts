import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { kdflow, repository } from "./support/cli.ts";

const preload = [join(repository, "tests/fixtures/no-tensors.mjs")];

it("validates and plans without loading TensorFlow.js", async () => {
  const validated = await kdflow(["validate", "pipelines/quickstart.yaml"], { cwd: repository, preload });
  expect([validated.code, validated.stderr]).toEqual([0, ""]);
  const store = await mkdtemp(join(tmpdir(), "kdflow-e2e-"));
  const plan = ["plan", "pipelines/quickstart.yaml", "--backend", "cpu", "--store", store];
  const planned = await kdflow(plan, { cwd: repository, preload });
  await rm(store, { recursive: true, force: true });
  expect(planned.code, planned.stderr).toBe(0);
});

it("validates without the code that makes and reads results", async () => {
  const trace = [join(repository, "tests/fixtures/trace-stage-work.mjs")];
  const validated = await kdflow(["validate", "pipelines/quickstart.yaml"], { cwd: repository, preload: trace });
  expect([validated.code, validated.stderr]).toEqual([0, ""]);
});

it("notices that TensorFlow.js is loaded where tensors are needed", async () => {
  const loaded = await kdflow(["load-backend", "cpu"], { cwd: repository, preload });
  expect(loaded.code).toBe(99);
});

it("prints all five mistakes of one file, each with its line, a caret and the nearest name", async () => {
  const file = "tests/cases/config-five-mistakes/pipeline.yaml";
  const { code, stderr } = await kdflow(["validate", file], { cwd: repository, preload });
  expect(code).toBe(2);
  expect(stderr.match(/^KDF_CONFIG_/gm)).toHaveLength(5);
  expect(stderr.match(/\^/g)?.length).toBeGreaterThanOrEqual(5);
  expect(stderr).toContain("did you mean");
});
