/** Features of a frozen teacher, stored once and read by the terms that would otherwise ask it in every step. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { definePlugin, defineProvider, type ModelDescription, type Outputs } from "../../../core/index.ts";
import { builtins } from "../../../plugins/index.ts";
import { shardIdentity } from "../../../plugins/soft-labels/storing/label-job.ts";
import { caught } from "../../support/caught.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openPipeline, type PipelineRun, runPipeline } from "../../support/pipeline-run.ts";
import { openWorkbench } from "../../support/stage-workbench.ts";
import { tappedTaps, tappedTeacher } from "../../support/tapped-teacher.ts";
import { relativeError } from "../../support/tolerances.ts";

/** Half a unit in the last place of float16 is 2⁻¹¹ of a value, and squares double that. */
const float16Tolerance = 2 * 2 ** -11;
/** At so small a rate steps do not add to what rounding makes. */
const steady = ", optimizer: { use: sgd, learningRate: 0.0001 }";

const opened: ReturnType<typeof tappedTeacher>[] = [];
const imagesAsked = (): number => opened.reduce((sum, { images }) => sum + images, 0);

const tapped = definePlugin({
  name: "tapped",
  version: "1.0.0",
  kdflow: "^1",
  providers: [
    defineProvider<"teacher", Record<string, never>>("teacher", {
      id: "tapped",
      summary: "a linear map of the pixels with two taps",
      cacheVersion: 1,
      schema: { type: "object", description: "No options.", additionalProperties: false, properties: {} },
      describe: () => ({ classNames: tappedTeacher().classNames, taps: Object.keys(tappedTaps) }),
      run: (_options, _inputs, { outputDir }) => writeFile(join(outputDir, "teacher.json"), "{}"),
      open: async () => {
        const teacher = tappedTeacher();
        opened.push(teacher);
        return teacher;
      },
    }),
  ],
});
const options = { builtins: [builtins, tapped], backend: "wasm" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-stored-features-"));
  await writeTinyMnist(join(folder, "digits"), { train: 40, test: 10 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const hint = "cross-entropy: 0.5, kd: 0.5, hint: { weight: 1, at: { stage3: grid } }";

function stagesOf({ softLabels, loss = `{ ${hint} }`, train = "" }: Record<string, string | undefined>): string {
  return `  data: { use: mnist, root: ${join(folder, "digits")}, validation: 0, augment: [shift-crop] }
  teacher: tapped
${softLabels === undefined ? "" : `  softLabels: ${softLabels}\n`}  student: { use: classifier, imageSize: 8, backbone: { use: resnet, depth: 8 } }
  loss: ${loss}
  train: { epochs: 2, batchSize: 16, baseline: false${train} }
`;
}

const stored = "{ use: features, taps: [grid, pooled], views: 2, shardSize: 16, batchSize: 8 }";

async function historyOf({ made, outcome }: PipelineRun): Promise<ModelDescription["history"]> {
  expect(outcome.error).toBeUndefined();
  const text = await readFile(join(made["train"] ?? "", "description.json"), "utf8");
  return (JSON.parse(text) as ModelDescription).history;
}

describe("a training on stored features", () => {
  it("has the losses of one with the teacher in the loop, to float16's precision", async () => {
    const inLoop = stagesOf({ train: `${steady}, views: 2` });
    const online = await historyOf(await runPipeline(folder, inLoop, options));
    const cached = await historyOf(await runPipeline(folder, stagesOf({ softLabels: stored, train: steady }), options));
    for (const term of ["cross-entropy", "kd", "hint"]) {
      const values = [cached, online].map((history) => history.map(({ losses }) => losses[term] ?? Number.NaN));
      expect(relativeError(values[0] ?? [], values[1] ?? []), term).toBeLessThanOrEqual(float16Tolerance);
    }
  });

  it("ends in the same bytes as one with the teacher in the loop, where float32 is stored", async () => {
    const inLoop = await runPipeline(folder, stagesOf({ train: ", views: 2" }), options);
    const precise = stored.replace("views", "precision: float32, views");
    const cached = await runPipeline(folder, stagesOf({ softLabels: precise }), options);
    const weightsOf = ({ made }: PipelineRun) => readFile(join(made["train"] ?? "", "weights.bin"));
    expect(await weightsOf(cached)).toEqual(await weightsOf(inLoop));
  });

  it("says how large the store is before it asks the teacher, and never asks it again", async () => {
    const first = await runPipeline(folder, stagesOf({ softLabels: stored }), options);
    expect(first.outcome.error).toBeUndefined();
    const other = await openPipeline(
      folder,
      stagesOf({ softLabels: stored, loss: `{ ${hint}, pkt: { at: { pooled: pooled } } }` }),
      options,
    );
    const plan = await other.session.plan();
    const train = plan.stages.find(({ stage }) => stage === "train");
    expect(Object.keys(train?.inputs ?? {})).not.toContain("teacher");
    expect(plan.stages.find(({ stage }) => stage === "softLabels")?.state).toBe("reuse");
    const before = imagesAsked();
    expect((await other.session.run()).error).toBeUndefined();
    expect(imagesAsked()).toBe(before);
    // 10 logits, 8 and 3 features of two bytes, of 40 images in two views
    const fresh = await mkdtemp(join(tmpdir(), "kdflow-stored-anew-"));
    const asked = imagesAsked();
    const run = await runPipeline(fresh, stagesOf({ softLabels: stored }), options);
    expect(run.notes).toContain(
      "softLabels: features of 40 images in 2 views: grid 2×2×2, pooled 3; 42 B each, 3.4 kB in float16",
    );
    expect(imagesAsked() - asked).toBeGreaterThanOrEqual(80);
    await rm(fresh, { recursive: true });
  });

  it("ends in the same bytes where it was stopped and resumed", async () => {
    const stages = stagesOf({ softLabels: stored, train: ", clipNorm: 3" });
    const undisturbed = await runPipeline(folder, stages, options);
    const own = await mkdtemp(join(tmpdir(), "kdflow-stored-resumed-"));
    const controller = new AbortController();
    const stopped = await openPipeline(own, stages, {
      ...options,
      signal: controller.signal,
      observe: (hooks) => hooks.epochEnd.tap("test", () => controller.abort(new Error("stop"))),
    });
    expect((await stopped.session.run()).status).toBe("interrupted");
    const resumed = await runPipeline(own, stages, options);
    expect(resumed.notes.join()).toContain("resumed from the checkpoint after 1 of 2 epochs");
    const filesOf = ({ made }: PipelineRun) =>
      Promise.all(
        ["weights.bin", "adapters.bin", "description.json"].map((name) => readFile(join(made["train"] ?? "", name))),
      );
    expect(await filesOf(resumed)).toEqual(await filesOf(undisturbed));
    await rm(own, { recursive: true });
  });

  it("is verified against the teacher", async () => {
    const { session } = await openPipeline(folder, stagesOf({ softLabels: stored }), options);
    const verified = (await session.verify()).find(({ stage }) => stage === "softLabels");
    expect(verified).toMatchObject({ ok: true, checked: 40 });
  });
});

describe("while planning", () => {
  it("taps that the loss asks for and that are not stored are refused, by name", async () => {
    const softLabels = "{ use: features, taps: [pooled] }";
    const { session } = await openPipeline(folder, stagesOf({ softLabels }), options);
    const error = await caught(() => session.plan());
    expect(error).toMatchObject({ code: "KDF_PLAN_FEATURES" });
    expect(error.message).toBe('the loss takes features at "grid" of the teacher, which "softLabels" does not store');
    expect(error.hint).toContain('write `taps: [pooled, grid]` at "softLabels"');
    expect(error.where?.text).toContain("hint");
  });

  it("taps that the teacher does not have are refused", async () => {
    const softLabels = "{ use: features, taps: [gird] }";
    const { session } = await openPipeline(folder, stagesOf({ softLabels }), options);
    const error = await caught(() => session.plan());
    expect(error.message).toBe('the teacher has no tap "gird" to store');
    expect(error.hint.join()).toContain("grid");
  });
});

it("a tap of the same name on another tensor is another store", async () => {
  await using bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "digits"), { train: 8, test: 2 });
  const dataset = await bench.data({ root: "digits", validation: 0 });
  const identityWith = (taps: Outputs) => {
    const layout = { classes: 18, precision: "float16", topK: undefined } as const;
    const job = { dataset, teacher: tappedTeacher(), layout, taps, views: 1, shardSize: 8, batchSize: 8 };
    return JSON.stringify(shardIdentity(job, { first: 0, count: 8, recordsDigest: "" }));
  };
  const spec = { kind: "features", shape: [2, 2, 2] };
  const [one, other] = ["relu_7", "relu_8"].map((tensor) =>
    identityWith({ grid: { ...spec, tensor } as Outputs[string] }),
  );
  expect(one).not.toBe(other);
  expect(one).toBe(identityWith({ grid: { ...spec, tensor: "relu_7" } as Outputs[string] }));
});
