import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, eventsOf, kdflow } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";
import { tinyProject } from "./support/tiny-pipeline.ts";

let folder: string;
let first: CliResult;

beforeAll(async () => {
  folder = await tinyProject();
  first = await kdflow(["run", "pipeline.yaml", "--json"], { cwd: folder });
  expect(first.code, first.stderr).toBe(0);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** State of each stage in the `planned` event, or as it ended. */
function statesOf(result: CliResult): Record<string, string> {
  const states: Record<string, string> = {};
  for (const event of eventsOf(result)) {
    if (event["event"] === "stageEnd") states[String(event["stage"])] = "run";
    if (event["event"] === "stageSkipped") states[String(event["stage"])] = "reuse";
  }
  return states;
}

const stages = ["data", "teacher", "softLabels", "train", "train.baseline", "evaluate", "export"];
const all = (state: string) => Object.fromEntries(stages.map((stage) => [stage, state]));

describe("kdflow run", () => {
  it("ends its events with runEnd: status, run folder and the metrics table", async () => {
    const end = eventsOf(first).at(-1);
    expect(end).toMatchObject({ v: 1, event: "runEnd", status: "ok" });
    const rows = (end as { metrics: { evaluate: { rows: { role: string; metrics: object }[] } } }).metrics.evaluate
      .rows;
    expect(rows.map((row) => row.role)).toEqual(["teacher", "student", "baseline"]);
    expect(Object.keys(rows[1]?.metrics ?? {})).toEqual(
      expect.arrayContaining([
        "top1",
        "top5",
        "perClass",
        "nll",
        "ece",
        "agreement",
        "parameters",
        "multiplyAdds",
        "sizeBytes",
        "latencyMs",
      ]),
    );
    const record = JSON.parse(await readFile(join(String(end?.["directory"]), "run.json"), "utf8")) as {
      status: string;
    };
    expect(record.status).toBe("ok");
  });

  it("reuses every stage when it runs again", async () => {
    const again = await kdflow(["run", "pipeline.yaml", "--json"], { cwd: folder });
    expect(again.code, again.stderr).toBe(0);
    expect(statesOf(again)).toEqual(all("reuse"));
  });

  it("trains neither teacher nor baseline again when the temperature changes, and says which line changed", async () => {
    const set = ["--set", "vars.temperature=2"];
    const plan = await kdflow(["plan", "pipeline.yaml", ...set], { cwd: folder });
    expect(plan.stdout).toMatch(/train .*temperature: 4 → 2/);
    const changed = await kdflow(["run", "pipeline.yaml", "--json", ...set], { cwd: folder });
    expect(statesOf(changed)).toEqual({ ...all("reuse"), train: "run", evaluate: "run", export: "run" });
  });

  it("computes a forced stage anew to the same bytes, so that nothing after it runs", async () => {
    const before = await storeContent(folder);
    const forced = await kdflow(["run", "pipeline.yaml", "--json", "--force", "softLabels"], { cwd: folder });
    expect(statesOf(forced)).toEqual({ ...all("reuse"), softLabels: "run" });
    expect(await storeContent(folder)).toEqual(before);
  });

  it("makes three students and three baselines of three seeds, with means and spreads", async () => {
    const seeds = ["--set", "stages.train.seeds=3", "--set", "stages.train.epochs=1"];
    // six short trainings: to capture each would take longer than to train it
    const options = { cwd: folder, env: { KDFLOW_STEP: "eager" } };
    const run = await kdflow(["run", "pipeline.yaml", "--json", "--until", "evaluate", ...seeds], options);
    expect(run.code, run.stderr).toBe(0);
    expect(Object.keys(statesOf(run))).toEqual(
      expect.arrayContaining(["train.seed0", "train.seed2", "train.baseline.seed2"]),
    );
    const end = eventsOf(run).at(-1) as {
      metrics: { evaluate: { rows: { metrics: { top1: { mean: number; sd: number | null } } }[] } };
    };
    expect(end.metrics.evaluate.rows.map((row) => row.metrics.top1.sd === null)).toEqual([true, false, false]);
  });

  it("stops at the first value that is not finite and names step and term, and keeps the store whole", async () => {
    const wild = ["--set", "stages.train.optimizer.learningRate=1e30"];
    const run = await kdflow(["run", "pipeline.yaml", ...wild], { cwd: folder });
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/KDF_TRAIN_NOT_FINITE: .* in epoch 1, step \d/);
    const verified = await kdflow(["cache", "verify"], { cwd: folder });
    expect(verified.code, verified.stderr).toBe(0);
  });

  it("holds reused results to `require` as well", async () => {
    const strict = ["--set", "stages.evaluate.require.top1=0.99"];
    const run = await kdflow(["run", "pipeline.yaml", ...strict], { cwd: folder });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("KDF_EVALUATE_REQUIRE");
  });

  it("asks the teacher again for a sample of the soft labels in cache verify", async () => {
    const run = await kdflow(["cache", "verify", "pipeline.yaml"], { cwd: folder });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout + run.stderr).toContain("the teacher still gives the stored logits");
  });
});

describe("a teacher in the loop", () => {
  it("distils without stored soft labels, asking the teacher for every batch", async () => {
    const plain = await readFile(join(folder, "pipeline.yaml"), "utf8");
    await writeFile(join(folder, "online.yaml"), plain.replace(/ {2}softLabels:.*\n/, ""));
    const run = await kdflow(["run", "online.yaml", "--json", "--until", "train"], { cwd: folder });
    expect(run.code, run.stderr).toBe(0);
    expect(statesOf(run)).toMatchObject({ data: "reuse", teacher: "reuse", train: "run" });
    const epochs = eventsOf(run).filter((event) => event["event"] === "epochEnd");
    expect(epochs[0]).toMatchObject({ values: { kd: expect.any(Number) } });
    expect(epochs[0]?.["values"]).not.toMatchObject({ kd: 0 });
  });
});
