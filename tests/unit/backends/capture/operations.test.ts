/** Every operation that the author of a loss would use, captured on its own. */
import { expect } from "vitest";
import type { Backend } from "../../../../core/index.ts";
import { nativeTest } from "./native-test.ts";
import { arithmetic, choices, images, reductions, shapes } from "./operations.ts";
import {
  expectSameResults,
  expectSameState,
  type SmallLoss,
  smallBatch,
  smallScalars,
  smallStep,
} from "./small-step.ts";

/** Two steps on different batches, captured and eager, from the same weights. */
async function expectCaptured(backend: Backend, operations: Readonly<Record<string, SmallLoss>>): Promise<void> {
  const refused: Record<string, string | undefined> = {};
  for (const [name, loss] of Object.entries(operations)) {
    using captured = await smallStep(backend, { loss });
    using eager = await smallStep(backend, { loss, eager: true });
    if (captured.step.mode !== "captured") refused[name] = captured.step.eagerReason;
    for (let i = 0; i < 2; i++) {
      const [actual, expected] = [
        await captured.step.run(smallBatch(4, i), 4, smallScalars(i), { fetch: true }),
        await eager.step.run(smallBatch(4, i), 4, smallScalars(i), { fetch: true }),
      ];
      expectSameResults(actual, expected);
    }
    expectSameState(await captured.step.readState(), await eager.step.readState());
  }
  expect(refused).toEqual({});
}

nativeTest("captures arithmetic", (backend) => expectCaptured(backend, arithmetic));
nativeTest("captures booleans, whole numbers and choices", (backend) => expectCaptured(backend, choices));
nativeTest("captures reductions and losses", (backend) => expectCaptured(backend, reductions));
nativeTest("captures changes of shape", (backend) => expectCaptured(backend, shapes));
nativeTest("captures operations on images", (backend) => expectCaptured(backend, images));
