import { expect, test } from "vitest";
import type { Backend, HostState, Optimizer, Step } from "../../../core/index.ts";
import { createTestContext } from "../../../core/testing/index.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import { warmRates, warmUpUpdates } from "../../../plugins/trainers/step/warm-up.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { type HintTraining, openHintTraining } from "./hint-training.ts";

const published = { epochs: 3, biasRate: 10, momentum: 0.8 };

test("a warm-up lasts its epochs, a thousand updates at least, and a tenth of all at most", () => {
  expect(warmUpUpdates(published, 1833, 300 * 1833)).toBe(3 * 1833);
  expect(warmUpUpdates(published, 100, 300 * 100)).toBe(1000);
  expect(warmUpUpdates(published, 26, 60 * 26)).toBe(156);
  expect(warmUpUpdates(published, 1, 9)).toBe(0);
});

test("rates and momentum follow the published straight lines", () => {
  const at = (update: number) =>
    warmRates(published, { update, length: 1000 }, { scheduled: 0.009, base: 0.01, momentum: 0.937 });
  expect(at(0)).toEqual({ learningRate: 0, biasRate: 0.1, momentum: 0.8 });
  const { learningRate, biasRate, momentum } = at(250);
  const expected = [0.009 / 4, 0.1 + (0.009 - 0.1) / 4, 0.8 + (0.937 - 0.8) / 4];
  expect(relativeError([learningRate, biasRate, momentum], expected)).toBeLessThanOrEqual(tolerances.value);
  expect(relativeError(Object.values(at(1000)), [0.009, 0.009, 0.937])).toBeLessThanOrEqual(tolerances.value);
  expect(at(5000)).toEqual(at(1000));
  const none = warmRates(published, { update: 0, length: 0 }, { scheduled: 0.009, base: 0.01, momentum: 0.937 });
  expect(relativeError(Object.values(none), [0.009, 0.009, 0.937])).toBeLessThanOrEqual(tolerances.value);
});

interface Seen {
  readonly scalars: Readonly<Record<string, number>>;
  readonly before: HostState;
  readonly after: HostState;
}

/** Makes steps that tell what they were given and did. */
function seeing(seen: Seen[], backend: Backend): Backend["createStep"] {
  return async (spec): Promise<Step> => {
    const step = await backend.createStep(spec);
    return {
      ...step,
      async run(batch, size, scalars, options) {
        const before = await step.readState();
        const results = await step.run(batch, size, scalars, options);
        seen.push({ scalars, before, after: await step.readState() });
        return results;
      },
    };
  };
}

test("sgd with Nesterov's momentum takes the steps that the warm-up says, biases their own", async () => {
  await using training: HintTraining = await openHintTraining();
  const { backend, stepsPerEpoch } = training;
  const epochs = Math.ceil(40 / stepsPerEpoch);
  const options = { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0 };
  const context = createTestContext({ tf: backend.tf });
  const optimizer = (await sgd.create(options as never, context)) as Optimizer;
  const seen: Seen[] = [];
  const changes = { optimizer, warmUp: published };
  const createStep = seeing(seen, backend);
  const messages: string[] = [];
  const log = (message: string): void => void messages.push(message);
  (await training.train({ hardAlone: true, epochs, changes, createStep, log })).dispose();

  const length = Math.floor(0.1 * stepsPerEpoch * epochs);
  expect(length).toBeGreaterThanOrEqual(3);
  const all = stepsPerEpoch * epochs;
  expect(messages).toContain(`${all} updates, ${stepsPerEpoch} an epoch; the first ${length} warm up`);
  expect(seen[0]?.scalars).toMatchObject({ learningRate: 0, biasRate: 0.5, momentum: 0.8 });
  const [kernel, bias] = ["kernel", "bias"].map((kind) =>
    [...(seen[0]?.after.keys() ?? [])].find((name) => name.startsWith("model/") && name.endsWith(`/${kind}`)),
  ) as [string, string];
  const moved = (name: string, { before, after }: Seen): number[] =>
    Array.from(after.get(name) ?? [], (value, i) => value - (before.get(name)?.[i] ?? Number.NaN));
  expect(moved(kernel, seen[0] as Seen).every((change) => change === 0)).toBe(true);
  // v ← m v + g, w ← w − rate · (g + m v): with v before and after known, so is the step
  for (const step of seen.slice(0, length + 2)) {
    const { momentum = 0, learningRate = 0, biasRate = 0 } = step.scalars;
    for (const [name, rate] of [
      [kernel, learningRate],
      [bias, biasRate],
    ] as const) {
      const slot = `optimizer/${name.slice("model/".length)}/velocity`;
      const [old, now] = [step.before.get(slot) ?? [], step.after.get(slot) ?? []];
      const expected = Array.from(now, (v, i) => -rate * (v - momentum * (old[i] ?? 0) + momentum * v));
      const largest = Math.max(...expected.map(Math.abs), 1e-3);
      const worst = Math.max(...moved(name, step).map((change, i) => Math.abs(change - (expected[i] ?? 0))));
      expect(worst / largest, name).toBeLessThanOrEqual(1e-3);
    }
  }
  const { scalars } = seen[length + 1] as Seen;
  expect(scalars["biasRate"]).toBe(scalars["learningRate"]);
  expect(scalars["momentum"]).toBeCloseTo(0.9, 12);
});
