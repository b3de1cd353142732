import { describe, expect, it } from "vitest";
import type { CheckpointStore } from "../../../core/index.ts";
import {
  loadCheckpoint,
  readShorterTraining,
  saveCheckpoint,
  type TrainingSnapshot,
} from "../../../plugins/trainers/loop/training-checkpoint.ts";

/** Keeps the last snapshot in memory: the store's own tests cover the disk. */
function memoryStore(): CheckpointStore {
  let last: Record<string, Uint8Array> | undefined;
  return {
    async save(files) {
      last = Object.fromEntries(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]));
    },
    load: async () => last,
  };
}

const eager = { mode: "eager", numericClass: "tensorflow" };
const snapshot: TrainingSnapshot = {
  progress: {
    epoch: 1,
    step: 3,
    history: [{ epoch: 1, learningRate: 0.05, losses: { loss: 0.1 }, validation: { top1: 0.9, nll: 0.3 } }],
    best: { epoch: 1, metric: "top1", value: 0.9, tie: 0.3 },
  },
  state: new Map([
    ["model/kernel", Float32Array.of(1, -2.5, 1e-30)],
    ["optimizer/kernel/velocity", Float32Array.of(0, 0.25, 3)],
  ]),
  bestWeights: new Map([["model/kernel", Float32Array.of(4, 5, 6)]]),
};

describe("checkpoints of a training", () => {
  it("come back as they were written, bit by bit", async () => {
    const store = memoryStore();
    await saveCheckpoint(store, snapshot, eager);
    expect(await loadCheckpoint(store, eager)).toEqual(snapshot);
  });

  it("keep a best value that is not a number as what it is, which no later one has to beat", async () => {
    const store = memoryStore();
    const best = { epoch: 1, metric: "nll", value: Number.NaN, tie: Number.NaN };
    await saveCheckpoint(store, { ...snapshot, progress: { ...snapshot.progress, best } }, eager);
    expect((await loadCheckpoint(store, eager))?.progress.best).toEqual(best);
  });

  it("are nothing before the first one", async () => {
    expect(await loadCheckpoint(memoryStore(), eager)).toBeUndefined();
  });

  it("refuse to go on in another step mode or on another backend", async () => {
    const store = memoryStore();
    await saveCheckpoint(store, snapshot, eager);
    await expect(loadCheckpoint(store, { ...eager, numericClass: "wasm" })).rejects.toMatchObject({
      code: "KDF_TRAIN_STEP_MODE",
      hint: ["go on with `--backend tensorflow`, or start the stage anew with `--force`"],
    });
    await expect(loadCheckpoint(store, { ...eager, mode: "captured" })).rejects.toMatchObject({
      code: "KDF_TRAIN_STEP_MODE",
      hint: ["go on with KDFLOW_STEP=eager, or start the stage anew with `--force`"],
    });
    await saveCheckpoint(store, snapshot, { ...eager, mode: "captured" });
    await expect(loadCheckpoint(store, eager)).rejects.toMatchObject({
      code: "KDF_TRAIN_STEP_MODE",
      hint: ["go on without KDFLOW_STEP=eager, or start the stage anew with `--force`"],
    });
  });

  it("of a shorter training say why they are of no use in another step mode, without stopping the run", async () => {
    const store = memoryStore();
    await saveCheckpoint(store, snapshot, eager);
    const files = (await store.load()) ?? {};
    expect(readShorterTraining(files, eager)).toEqual(snapshot);
    expect(readShorterTraining(files, { ...eager, mode: "captured" })).toBe(
      "was written by tensorflow (eager steps), and this run uses tensorflow (captured steps)",
    );
  });
});
