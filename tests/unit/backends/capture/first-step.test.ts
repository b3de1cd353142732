import { expect } from "vitest";
import type { Backend, HostArray, Step } from "../../../../core/index.ts";
import { nativeBackend } from "../../../../plugins/backends/tensorflow/native-backend.ts";
import { nativeTest } from "./native-test.ts";
import { crossEntropy, expectSameState, smallBatch, smallScalars, smallStep } from "./small-step.ts";

interface CountedRuns extends Disposable {
  /** How often graphs were run since then. */
  since(before: number): number;
  readonly now: number;
}

function countedRuns({ tf }: Backend): CountedRuns {
  const native = nativeBackend(tf);
  const addon = native.binding;
  let runs = 0;
  const runSavedModel: typeof addon.runSavedModel = (...args) => {
    runs += 1;
    return addon.runSavedModel(...args);
  };
  native.binding = Object.create(addon, { runSavedModel: { value: runSavedModel } });
  return {
    since: (before) => runs - before,
    get now() {
      return runs;
    },
    [Symbol.dispose]() {
      native.binding = addon;
    },
  };
}

type FirstStep = (step: Step) => Promise<unknown>;

const changed = (batch: Record<string, HostArray>): Record<string, HostArray> => {
  const x = Float32Array.from(batch["x"] ?? []);
  x[15] = (x[15] as number) + 2 ** -24; // one unit in the last place
  return { ...batch, x };
};

const firstSteps: Readonly<Record<string, FirstStep>> = {
  "with another batch": (step) => step.run(smallBatch(4, 1), 4, smallScalars(0), { fetch: true }),
  "with one bit changed in the batch": (step) => step.run(changed(smallBatch(4)), 4, smallScalars(0), { fetch: true }),
  "with other scalars": (step) => step.run(smallBatch(4), 4, smallScalars(1), { fetch: true }),
  "with fewer samples": (step) => step.run(smallBatch(4), 3, smallScalars(0), { fetch: true }),
  "after a prediction": async (step) => {
    await step.predict(smallBatch(4), 4);
    return step.run(smallBatch(4), 4, smallScalars(0), { fetch: true });
  },
  "after its state was read and written": async (step) => {
    await step.writeState(await step.readState());
    return step.run(smallBatch(4), 4, smallScalars(0), { fetch: true });
  },
  "after a state that is refused": async (step) => {
    await expect(step.writeState(new Map())).rejects.toThrow();
    return step.run(smallBatch(4), 4, smallScalars(0), { fetch: true });
  },
  "after a batch that is refused": async (step) => {
    const batch = { ...smallBatch(4), x: new Float32Array(3) };
    await expect(step.run(batch, 4, smallScalars(0), { fetch: true })).rejects.toThrow(/holds 3 numbers/);
    return step.run(smallBatch(4), 4, smallScalars(0), { fetch: true });
  },
};

for (const [how, first] of Object.entries(firstSteps)) {
  nativeTest(`begins at the start ${how}`, async (backend) => {
    using captured = await smallStep(backend, { loss: crossEntropy, batchSizes: [4, 3] });
    using eager = await smallStep(backend, { loss: crossEntropy, eager: true });
    await first(captured.step);
    await first(eager.step);
    expectSameState(await captured.step.readState(), await eager.step.readState());
  });
}

nativeTest("does not run the step again that it was checked with, if a training begins with it", async (backend) => {
  using runs = countedRuns(backend);
  using captured = await smallStep(backend, { loss: crossEntropy, batchSizes: [4, 3] });
  using again = await smallStep(backend, { loss: crossEntropy, batchSizes: [4, 3] });
  await again.step.writeState(await again.step.readState());
  const before = runs.now;
  const results = await captured.step.run(smallBatch(4), 4, smallScalars(0), { fetch: true });
  expect(runs.since(before)).toBe(0);
  expect(results).toEqual(await again.step.run(smallBatch(4), 4, smallScalars(0), { fetch: true }));
  expect(await captured.step.readState()).toEqual(await again.step.readState());
  const second = runs.now;
  await captured.step.run(smallBatch(4), 4, smallScalars(0), { fetch: false });
  expect(runs.since(second)).toBe(1);
});

nativeTest("is not misled by arrays that come back with other samples", async (backend) => {
  const batch = smallBatch(4);
  const changes = { example: { batch, batchSizes: [4], scalars: smallScalars(0) } };
  using captured = await smallStep(backend, { loss: crossEntropy, changes });
  using eager = await smallStep(backend, { loss: crossEntropy, eager: true });
  for (const [name, values] of Object.entries(smallBatch(4, 1))) batch[name]?.set(values);
  await captured.step.run(batch, 4, smallScalars(0), { fetch: false });
  await eager.step.run(batch, 4, smallScalars(0), { fetch: false });
  expectSameState(await captured.step.readState(), await eager.step.readState());
});
