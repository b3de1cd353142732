import type { Hooks } from "../../../core/plugins/hooks.ts";

/** Fires the hooks as a small run would: one reused stage, one that trains two epochs, one that fails. */
export async function playRun(hooks: Hooks, betweenSteps: () => Promise<void> = async () => {}): Promise<void> {
  const data = { stage: "data", kind: "data", provider: "mnist", key: "aaaa" } as const;
  const train = { stage: "train", kind: "train", provider: "distill", key: "bbbb" } as const;
  const evaluate = { stage: "evaluate", kind: "evaluate", provider: "classification", key: "cccc" } as const;
  hooks.planned.call({
    pipeline: "tiny",
    stages: [
      { ...data, state: "reuse", reasons: [] },
      { ...train, state: "run", reasons: ["new"] },
      { ...evaluate, key: undefined, state: "depends", reasons: ["depends on train"] },
    ],
    notes: ["the baseline trains on cross-entropy alone, weight 1"],
  });
  await hooks.runStart.promise({
    runId: "r1",
    pipeline: "tiny",
    directory: ".kdflow/runs/r1",
    backend: "cpu",
    backendDetails: { version: "4.22.0", threads: 2 },
  });
  await hooks.stageSkipped.for("data").promise({ ...data, digest: "d0" });
  await hooks.stageStart.for("train").promise(train);
  const message = "resumed from the checkpoint";
  hooks.log.call({ stage: "train", level: "info", event: "resumed", data: { message, epoch: 0 } });
  hooks.log.call({ stage: "train", level: "debug", event: "checkpoint", data: { epoch: 0 } });
  for (let epoch = 1; epoch <= 2; epoch += 1) {
    for (let done = 0; done <= 100; done += 25) {
      hooks.progress.call({
        stage: "train",
        unit: "images",
        done,
        total: 100,
        label: `epoch ${epoch}/2`,
        values: { loss: 1 / epoch },
      });
      await betweenSteps();
    }
    hooks.epochEnd.call({ stage: "train", epoch, epochs: 2, values: { loss: 1 / epoch, top1: 0.9125 } });
  }
  hooks.warning.call({ stage: "train", event: "term-zero", message: "the term kd was zero for a whole epoch" });
  await hooks.stageEnd.for("train").promise({ ...train, durationMs: 65_000, digest: "d1", bytes: 10 });
  await hooks.stageStart.for("evaluate").promise(evaluate);
  await hooks.stageFailed.for("evaluate").promise({ ...evaluate, error: new Error("no luck") });
  await hooks.runEnd.promise({
    runId: "r1",
    directory: ".kdflow/runs/r1",
    status: "failed",
    durationMs: 66_000,
    metrics: {},
    exports: {},
    error: { code: "KDF_PLUGIN_PROVIDER", message: "no luck", stage: "evaluate" },
  });
}
