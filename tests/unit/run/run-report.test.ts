import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Hooks, Plugin } from "../../../core/index.ts";
import type { RunRecord } from "../../../core/run/run-record.ts";
import { openSession, type RunOutcome } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { markupProblems } from "../../support/markup-problems.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const hostile = "<script>alert('x')</script>";
const escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;";

/** The folder of the digits is called by the same text, so that a stage's option holds it too. */
const pipeline = `kdflow: 1
name: "${hostile} & co"
vars: { teacher: 1 }
stages:
  data: { use: mnist, root: "./${hostile}", validation: 0.25 }
  teacher:
    { use: train, epochs: $vars.teacher, batchSize: 16, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 0.5, kd: 0.5 }
  softLabels: logits
  train: { epochs: 2, batchSize: 16 }
  evaluate: { use: classification, latencyRuns: 1, require: { top1: 0 } }
`;

let folder: string;
let first: RunOutcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-report-"));
  await writeTinyMnist(join(folder, hostile), { train: 64, test: 20 });
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
  first = await run();
  if (first.status !== "ok") throw first.error;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface RunChanges {
  readonly set?: readonly string[];
  readonly until?: string;
  readonly signal?: AbortSignal;
  readonly observe?: (hooks: Hooks) => void;
  readonly plugins?: readonly Plugin[];
}

async function run({ set = [], until, signal, observe, plugins = [] }: RunChanges = {}): Promise<RunOutcome> {
  const session = await openSession({
    builtins: [builtins, ...plugins],
    file: join(folder, "pipeline.yaml"),
    storeDir: join(folder, ".kdflow"),
    backend: "wasm",
    set,
    ...(signal === undefined ? {} : { signal }),
    ...(observe === undefined ? {} : { observe }),
  });
  return session.run(until === undefined ? {} : { until });
}

/** The report of a run, which must be well-formed and load nothing. */
async function reportOf({ directory }: RunOutcome): Promise<string> {
  const page = await readFile(join(directory, "report.html"), "utf8");
  expect(markupProblems(page)).toEqual([]);
  return page;
}

/** Epochs that a stage's line has in the first chart of its group. */
function drawnEpochs(page: string, stage: string): readonly number[] {
  const dots = page.matchAll(new RegExp(`<title>${stage}, epoch (\\d+): `, "g"));
  return [...new Set([...dots].map(([, epoch]) => Number(epoch)))];
}

test("the report shows metrics, the gate, curves, stages, notes and the pipeline, with all text escaped", async () => {
  const page = await reportOf(first);
  expect(page).toContain(`<h1>${escaped} &amp; co <span class="badge ok">ok</span></h1>`);
  expect(page).toContain(`root: ./${escaped}`);
  expect(page).not.toContain("<script");
  expect(page).toContain("<th>teacher</th><th>student</th><th>baseline</th>");
  expect(page).toContain('required: top1 0 – <b class="ok">met</b>');
  expect(page).toMatch(/<tr><th>train\.baseline<\/th><td>train<\/td><td>distill<\/td><td class="run">run<\/td>/);
  expect(page).toContain("<b>note</b> baseline: cross-entropy weight");
  for (const [stage, epochs] of [
    ["teacher", [1]],
    ["train", [1, 2]],
    ["train.baseline", [1, 2]],
  ] as const) {
    expect(drawnEpochs(page, stage)).toEqual(epochs);
    const [, time = ""] = page.split(`<summary>time of ${stage}: waiting for data `);
    const [table = ""] = time.split("</table>");
    expect([...table.matchAll(/<tr><td>(\d+)<\/td>/g)].map(([, epoch]) => Number(epoch))).toEqual(epochs);
  }
});

test("a run that reuses everything draws the curves that the models keep", async () => {
  const again = await run();
  const page = await reportOf(again);
  expect(page.match(/<td class="reuse">reuse<\/td>/g)).toHaveLength(6);
  expect(drawnEpochs(page, "train")).toEqual([1, 2]);
  expect(page).toContain("teacher: reused; the report of the run that trained it has its curves.");
  expect(page).not.toContain("time of train");
});

test("a missed gate is said beside the metrics, with the error, its line and its hint on top", async () => {
  const failed = await run({ set: ["stages.evaluate.require.top1=1"] });
  expect(failed.status).toBe("failed");
  const page = await reportOf(failed);
  expect(page).toContain('<span class="badge failed">failed</span>');
  expect(page).toMatch(/<pre class="error">KDF_EVALUATE_REQUIRE: .*\n.*pipeline\.yaml:\d+:\d+\n/);
  expect(page).toContain("the results are stored; train longer");
  expect(page).toMatch(/required: top1 1 – <b class="failed">not met<\/b>: the student does not meet/);
  expect(page).toContain('<td class="failed">failed</td>');
});

test("an interrupted run has a report of what it did, and the run that resumes it one of the whole training", async () => {
  const controller = new AbortController();
  const longer = { set: ["vars.teacher=3", "stages.teacher.schedule=cosine"], until: "teacher" };
  const interrupted = await run({
    ...longer,
    signal: controller.signal,
    observe: (hooks) => hooks.epochEnd.tap("test", () => controller.abort(new Error("enough"))),
  });
  expect(interrupted.status).toBe("interrupted");
  const half = await reportOf(interrupted);
  expect(half).toContain('<td class="interrupted">interrupted</td>');
  expect(drawnEpochs(half, "teacher")).toEqual([1]);

  const resumed = await run(longer);
  expect(resumed.status).toBe("ok");
  expect(drawnEpochs(await reportOf(resumed), "teacher")).toEqual([1, 2, 3]);
  const events = await readFile(join(resumed.directory, "events.ndjson"), "utf8");
  const logged = events.split("\n").filter((line) => line.includes('"event":"log"'));
  expect(logged.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ stage: "teacher", name: "preparing", level: "info" }),
    expect.objectContaining({
      stage: "teacher",
      name: "stepMode",
      level: "debug",
      data: { mode: "eager", numericClass: "wasm" },
    }),
    expect.objectContaining({ stage: "teacher", name: "resumed", level: "info", data: expect.any(Object) }),
    expect.objectContaining({ stage: "teacher", name: "timeShares", level: "debug" }),
    expect.objectContaining({ stage: "teacher", name: "checkpoint", level: "debug" }),
    expect.objectContaining({ stage: "teacher", name: "timeShares", level: "debug" }),
    expect.objectContaining({ stage: "teacher", name: "checkpoint", level: "debug" }),
    expect.objectContaining({ stage: "teacher", name: "keptEpoch", level: "info" }),
  ]);
});

const noConnection = (): never => {
  throw new Error("no connection");
};

test.each(["runStart", "planned"] as const)(
  "a run whose %s an observer fails ends as failed, with the plugin's error",
  async (hook) => {
    const outcome = await run({ until: "data", observe: (hooks) => hooks[hook].tap("broken-tracker", noConnection) });
    expect(outcome).toMatchObject({ status: "failed", error: { code: "KDF_PLUGIN_HOOK" } });
    const record = JSON.parse(await readFile(join(outcome.directory, "run.json"), "utf8")) as RunRecord;
    expect(record).toMatchObject({ status: "failed", endedAt: expect.any(String), error: { code: "KDF_PLUGIN_HOOK" } });
    expect(record.error?.message).toContain(`plugin "broken-tracker" failed in hook ${hook}`);
    expect(await reportOf(outcome)).toContain("no connection");
  },
);

test("an observer that fails at a failing stage hides nothing, and is warned of", async () => {
  const warnings: string[] = [];
  const outcome = await run({
    set: ["stages.evaluate.require.top1=1"],
    observe: (hooks) => {
      hooks.stageFailed.for("evaluate").tap({ name: "broken-tracker", stage: -1 }, noConnection);
      hooks.warning.tap("test", ({ message }) => void warnings.push(message));
    },
  });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "KDF_EVALUATE_REQUIRE" } });
  expect(warnings).toEqual([
    'plugin "broken-tracker" failed in hook stageFailed.evaluate for stage "evaluate" (Error: no connection)',
  ]);
  const page = await reportOf(outcome);
  expect(page).toContain('<span class="badge failed">failed</span>');
  expect(page).toContain('required: top1 1 – <b class="failed">not met</b>');
  expect(page).toContain('<td class="failed">failed</td>');
  expect(await readFile(join(outcome.directory, "events.ndjson"), "utf8")).toContain('"event":"stageFailed"');
});

test("a run whose end an observer fails is recorded as failed and has a report", async () => {
  const tapped = run({
    until: "data",
    observe: (hooks) => {
      hooks.runEnd.tap("broken-tracker", noConnection);
    },
  });
  await expect(tapped).rejects.toMatchObject({ code: "KDF_PLUGIN_HOOK" });
  const runs = (await readdir(join(folder, ".kdflow/runs"))).map((id) => join(folder, ".kdflow/runs", id));
  const records = await Promise.all(
    runs.map(async (directory) => ({
      directory,
      record: JSON.parse(await readFile(join(directory, "run.json"), "utf8")) as RunRecord,
    })),
  );
  const failed = records.find(({ record }) => record.error?.message.includes("broken-tracker"));
  expect(failed?.record).toMatchObject({ status: "failed" });
  expect(await readFile(join(failed?.directory ?? "", "report.html"), "utf8")).toContain("no connection");
});

test("is written by the last plugin that has a page of its own", async () => {
  const report: Plugin["report"] =
    async () =>
    ({ record, curves }) =>
      `${record.status}, ${curves.length} curves`;
  const { directory } = await run({
    plugins: [{ name: "kdflow-plugin-page", version: "1.0.0", kdflow: "^1", report }],
  });

  expect(await readFile(join(directory, "report.html"), "utf8")).toMatch(/^ok, [1-9] curves$/);
});
