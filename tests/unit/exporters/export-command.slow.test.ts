import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { runOnnx } from "../../support/onnx-run.ts";
import { openPipeline, runPipeline } from "../../support/pipeline-run.ts";
import { eventsIn, kdflow } from "../cli/command-line.ts";

const stages = (epochs: number, batchSize = 32) => `  data: { use: mnist, root: ./digits, validation: 0.2 }
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.25 } }
  loss: { cross-entropy: 1 }
  train: { epochs: ${epochs}, batchSize: ${batchSize}, baseline: false, schedule: constant }
  export: { use: layers-model, to: ./out/layers }
`;

let folder: string;
let store: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-export-run-"));
  store = join(folder, ".kdflow");
  await writeTinyMnist(join(folder, "digits"), { train: 160, test: 20 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Trains until an epoch has ended, then stops as Ctrl-C does. */
async function interruptedRun(epochs: number, after: number): Promise<string> {
  const stop = new AbortController();
  const { outcome } = await runPipeline(folder, stages(epochs), {
    signal: stop.signal,
    observe: (hooks) =>
      hooks.epochEnd.tap("test", ({ epoch }) => {
        if (epoch === after) stop.abort(new Error("stopped"));
      }),
  });
  expect(outcome.status).toBe("interrupted");
  return outcome.runId;
}

const exported = async (run: string, ...options: string[]) => {
  const { code, stdout, stderr } = await kdflow("export", run, "--store", store, "--json", ...options);
  if (code !== 0) throw new Error(stderr + stdout);
  return eventsIn(stdout).at(-1) as { isFinished: boolean; stage: string; folders: Record<string, string> };
};

const read = async (path: string) => JSON.parse(await readFile(path, "utf8"));

/** Logits of a file for one picture. */
async function logitsOf(file: string): Promise<Float32Array> {
  const pixels = Uint8Array.from({ length: 28 * 28 }, (_, place) => (place * 37) % 256);
  const { logits } = await runOnnx(await readFile(file), pixels, [1, 28, 28, 1]);
  return logits?.data ?? new Float32Array();
}

describe("kdflow export", () => {
  test("exports the student of a finished run in several forms, and trains nothing", async () => {
    const { outcome } = await runPipeline(folder, stages(2));
    expect(outcome.status).toBe("ok");
    const to = join(folder, "handed-over");
    const { folders, ...told } = await exported("latest", "--format", "onnx", "--format", "graph-model", "--to", to);

    expect(told).toMatchObject({ runId: outcome.runId, stage: "train", isFinished: true, weights: "best" });
    expect(folders).toEqual({ onnx: join(to, "onnx"), "graph-model": join(to, "graph-model") });
    expect(await readdir(join(to, "onnx"))).toEqual(["export.json", "measure.py", "model-card.md", "model.onnx"]);
    expect((await read(join(to, "onnx", "export.json"))).scores.metric).toBe("top1");
    const one = await exported(outcome.runId.slice(0, -1), "--set", "batch=1", "--set", "layout=nchw");
    expect(await read(join(one.folders["onnx"] ?? "", "export.json"))).toMatchObject({
      input: { batch: 1, layout: "nchw" },
    });
  });

  test("exports a training that is not over, with the best weights so far or the last ones", async () => {
    const run = await interruptedRun(40, 3);
    const best = await exported(run, "--to", join(folder, "best"));
    const last = await exported(run, "--weights", "last", "--to", join(folder, "last"));
    expect([best.isFinished, last.isFinished]).toEqual([false, false]);
    expect(await readFile(join(folder, "best", "model-card.md"), "utf8")).toContain("not over: after 3 epochs");
    const [ofBest, ofLast] = [
      await read(join(folder, "best", "export.json")),
      await read(join(folder, "last", "export.json")),
    ];
    expect(ofLast.best.epoch).toBe(3);
    // the weights really are those whose metric was recorded
    for (const {
      best: { value },
      scores,
    } of [ofBest, ofLast])
      expect(scores.exported.top1).toBeCloseTo(value, 10);
    if (ofBest.best.epoch !== 3) {
      expect(await logitsOf(join(folder, "best", "model.onnx"))).not.toEqual(
        await logitsOf(join(folder, "last", "model.onnx")),
      );
    }
    // the training goes on from where it was
    const session = await openSession({
      file: join(folder, "again.yaml"),
      text: `kdflow: 1\nname: tested\nstages:\n${stages(40)}`,
      storeDir: store,
      builtins: [builtins],
    });
    const { stages: planned } = await session.plan();
    expect(planned.find(({ stage }) => stage === "train")?.reasons.join()).toContain("checkpoint");
  });

  test("exports the last weights of a finished training", async () => {
    const { outcome } = await runPipeline(folder, stages(2));
    const { folders } = await exported(outcome.runId, "--weights", "last");
    const report = await read(join(folders["onnx"] ?? "", "export.json"));
    expect(report.best.epoch).toBe(2);
    expect(report.scores.exported.top1).toBeCloseTo(report.best.value, 10);
  });

  test("tells of teacher, student and baseline in the card", async () => {
    const taught = `  data: { use: mnist, root: ./digits, validation: 0.2 }
  teacher: { use: train, network: { use: classifier, backbone: { use: resnet, depth: 8 } }, epochs: 2, batchSize: 32 }
  softLabels: logits
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.25 } }
  loss: { kd: 1 }
  train: { epochs: 2, batchSize: 32, seeds: 2 }
  evaluate: classification
  export: { use: layers-model, to: ./card, licences: { data: CC0-1.0 } }
`;
    const { outcome } = await runPipeline(folder, taught);
    expect(outcome.status).toBe("ok");
    const card = await readFile(join(folder, "card", "model-card.md"), "utf8");
    expect(card).toContain("| trained with | kd; 2 epochs |");
    expect(card).toMatch(/\| data \| \d+ train, \d+ validation, 20 test images; SHA-256 `[0-9a-f]{64}`/);
    expect(card).toContain("| licence of the data | CC0-1.0 |");
    expect(card).toContain("## Evaluate: test split, 20 images");
    expect(card).toContain("|  | teacher | student (2 seeds) | baseline (2 seeds) |");
    expect(card).toMatch(/\| top-1 accuracy \| [\d.]+ % \| [\d.]+ ± [\d.]+ % \| [\d.]+ ± [\d.]+ % \|/);
    const { folders } = await exported(outcome.runId);
    expect(await readFile(join(folders["onnx"] ?? "", "model-card.md"), "utf8")).toContain("| student (2 seeds) |");
  });

  test("exports the student of a run whose evaluations are a list, one of which fails", async () => {
    const { outcome } = await runPipeline(
      folder,
      `${stages(1)}  evaluate: [{ use: classification, require: { nll: 0 } }, { use: classification, split: validation }]
`,
    );
    expect(outcome).toMatchObject({ status: "failed", error: { code: "KDF_EVALUATE_REQUIRE" } });
    const { folders } = await exported(outcome.runId);
    const card = await readFile(join(folders["onnx"] ?? "", "model-card.md"), "utf8");
    expect(card).toContain("## Evaluate: test split, 20 images");
  });

  test("puts the files of an export stage where it says, made or reused", async () => {
    const place = join(folder, "out", "layers");
    await rm(place, { recursive: true, force: true });
    const { outcome, session } = await runPipeline(folder, stages(2));
    expect(outcome.exports).toEqual({ export: place });
    expect(await readdir(place)).toEqual(["export.json", "model-card.md", "model.json", "weights.bin"]);
    await rm(place, { recursive: true });
    await session.run();
    expect(await readdir(place)).toEqual(["export.json", "model-card.md", "model.json", "weights.bin"]);
  });

  test("says what is wrong before anything is computed", async () => {
    const of = async (...argv: string[]) => (await kdflow("export", "latest", "--store", store, ...argv)).stderr;
    expect(await of("--format", "onx")).toMatch(/^KDF_CLI_USAGE: --format is "onx"[\s\S]*did you mean "onnx"/);
    expect(await of("--weights", "worst")).toMatch(/^KDF_CLI_USAGE: --weights is "worst"/);
    expect(await of("--set", "batch")).toMatch(/^KDF_CLI_USAGE: --set is "batch"/);
    expect(await of("--set", "batches=1")).toMatch(/KDF_CONFIG_UNKNOWN_KEY: "batches"/);
    expect(await of("--stage", "trian")).toMatch(/^KDF_PLAN_UNKNOWN_STAGE: run \S+ has no stage "trian"/);
    const none = await kdflow("export", "nope", "--store", store);
    expect(none).toMatchObject({ code: 2, stdout: "" });
  });

  test("says where a run has nothing to export yet", async () => {
    const { session } = await openPipeline(folder, stages(2, 16));
    const { runId } = await session.run({ until: "data" });
    const { code, stderr } = await kdflow("export", runId, "--store", store);
    expect(stderr).toContain(`KDF_EXPORT_NOTHING: stage "train" of run ${runId} has nothing yet`);
    expect(code).toBe(2);
  });
});
