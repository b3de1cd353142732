import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyMnist } from "../support/mnist.ts";
import { eventsOf, kdflow } from "./support/cli.ts";

const pipeline = `kdflow: 1
name: digits
stages:
  data: { use: mnist, root: ./mnist }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 1 }
  train: { epochs: 1, batchSize: 32, baseline: false }
  evaluate: { use: classification, latencyRuns: 1 }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-diff-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 160, test: 40 });
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
  for (const changes of [[], ["--set", "stages.train.epochs=2", "--set", "stages.loss.cross-entropy=0.5"]]) {
    const ran = await kdflow(["run", "pipeline.yaml", ...changes], { cwd: folder });
    expect(ran.code, ran.stderr).toBe(0);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const cli = (...args: readonly string[]) => kdflow(args, { cwd: folder });

describe("kdflow runs diff", () => {
  it("tells options, keys with the reason, metrics and times of two trainings", async () => {
    const [after, before] = eventsOf(await cli("runs", "list", "--json")) as [{ runId: string }, { runId: string }];
    const shown = async (runId: string) =>
      eventsOf(await cli("runs", "show", runId, "--json"))[0] as unknown as RunShown;
    const result = await cli("runs", "diff", before.runId, "latest", "--json");
    expect(result.code, result.stderr).toBe(0);
    const [diff] = eventsOf(result);
    expect(diff).toMatchObject({
      v: 1,
      event: "runsDiff",
      before: { runId: before.runId },
      after: { runId: after.runId },
    });
    expect(diff?.["options"]).toEqual([
      { path: "stages.loss.cross-entropy", before: 1, after: 0.5 },
      { path: "stages.train.epochs", before: 1, after: 2 },
    ]);
    const stages = diff?.["stages"] as { stage: string; key: string; result: string; durationMs: object }[];
    expect(stages.map(({ stage, key, result: content }) => [stage, key, content])).toEqual([
      ["data", "same", "same"],
      ["train", "different", "different"],
      ["evaluate", "different", "different"],
    ]);
    expect(stages[0]?.durationMs).toEqual({ before: expect.any(Number) });
    const metrics = diff?.["metrics"] as {
      role: string;
      metric: string;
      before: number;
      after: number;
      difference: number;
    }[];
    const first = await shown(before.runId);
    const second = await shown(after.runId);
    for (const metric of ["top1", "nll"]) {
      const was = first.metrics.evaluate.rows[0]?.metrics[metric]?.mean ?? Number.NaN;
      const is = second.metrics.evaluate.rows[0]?.metrics[metric]?.mean ?? Number.NaN;
      expect(metrics.find((row) => row.metric === metric)).toMatchObject({
        role: "student",
        before: was,
        after: is,
        difference: is - was,
      });
    }
    expect(diff?.["versions"]).toEqual([]);
  });

  it("shows people the same as sections of a table", async () => {
    const [after, before] = eventsOf(await cli("runs", "list", "--json")) as [{ runId: string }, { runId: string }];
    const { stdout, code } = await cli("runs", "diff", before.runId.slice(0, -1), after.runId);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^before {2}\S+ {2}digits {2}ok .*\nafter {3}\S+ {2}digits {2}ok /);
    expect(stdout).toContain("\noptions\n  stages.loss.cross-entropy  1 → 0.5\n  stages.train.epochs        1 → 2\n");
    expect(stdout).toMatch(/\n {2}data +same +\d+\.\d s +–\n/);
    expect(stdout).toMatch(/\n {2}train +different .*\n/);
    expect(stdout).toMatch(/ epochs: 1 → 2\n/);
    expect(stdout).toMatch(
      /\n {2}evaluate +student +top-1 accuracy +\d+\.\d\d % +\d+\.\d\d % +(0|[+-]\d+\.\d\d points)\n/,
    );
    expect(stdout).toContain("\nversions: no differences\n");
  });

  it("refuses a run that is not there", async () => {
    const { code, stderr } = await cli("runs", "diff", "latest", "nope");
    expect(code).toBe(2);
    expect(stderr).toContain('KDF_RUN_NOT_FOUND: there is no run "nope"');
  });
});

interface RunShown {
  readonly metrics: {
    readonly evaluate: {
      readonly rows: readonly { readonly metrics: Readonly<Record<string, { readonly mean: number }>> }[];
    };
  };
}
