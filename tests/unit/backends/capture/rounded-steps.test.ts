import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import type { Backend, HostState } from "../../../../core/index.ts";
import type { GraphPart } from "../../../../plugins/backends/tensorflow/capture/graph-part.ts";
import { recordBody } from "../../../../plugins/backends/tensorflow/capture/record-body.ts";
import { replayTrace } from "../../../../plugins/backends/tensorflow/capture/replay-trace.ts";
import { movedByOneBit, nudges, roundedSteps } from "../../../../plugins/backends/tensorflow/capture/rounded-steps.ts";
import type { StepOutcome } from "../../../../plugins/backends/tensorflow/capture/twin.ts";
import { nativeBackend } from "../../../../plugins/backends/tensorflow/native-backend.ts";
import { nativeTensors, nativeTest } from "./native-test.ts";

const inputs = { pixels: { shape: [6, 6, 2], dtype: "uint8" } } as const;
const batch = { pixels: Uint8Array.from({ length: 4 * 72 }, (_, i) => (i * 73 + ((i * i) % 89)) % 256) };
const scalars = { learningRate: 0.1 };

/** A recorded step of one convolution with a counter of steps; what it started from and what it made of that. */
function recordedStep({ tf }: Backend) {
  const native = nativeBackend(tf);
  const kernelValues = Float32Array.from({ length: 3 * 3 * 2 * 5 }, (_, i) => Math.sin(i));
  const kernel = tf.tidy(() => tf.variable(tf.tensor4d(kernelValues, [3, 3, 2, 5])));
  const steps = tf.tidy(() => tf.variable(tf.scalar(7, "int32")));
  const unused = tf.tidy(() => tf.variable(tf.scalar(3)));
  const variables = [
    { name: "kernel", variable: kernel },
    { name: "steps", variable: steps },
    { name: "unused", variable: unused },
  ];
  const start: HostState = new Map([
    ["kernel", kernelValues],
    ["steps", Float32Array.of(7)],
    ["unused", Float32Array.of(3)],
  ]);
  const { trace, results } = recordBody({
    ...{ tf, native, inputs, names: ["pixels"], state: variables, author: undefined, batch, size: 4, scalars },
    body({ pixels }, { learningRate }) {
      const scaled = tf.div(tf.cast(pixels as Tensor, "float32"), 255) as Tensor4D;
      const lossOf = (): Scalar => tf.mean(tf.square(tf.relu(tf.conv2d(scaled, kernel as Tensor4D, 1, "same"))));
      const { value, grads } = tf.variableGrads(lossOf, [kernel]);
      kernel.assign(tf.sub(kernel, tf.mul(grads[kernel.name] as Tensor, learningRate as Scalar)));
      steps.assign(tf.add(steps, tf.scalar(1, "int32")));
      return { loss: value };
    },
  });
  const part: GraphPart = { scope: "step4", batchSize: 4, inputs, scalars: ["learningRate"], trace };
  const state: HostState = new Map([
    ["kernel", Float32Array.from(kernel.dataSync())],
    ["steps", Float32Array.from(steps.dataSync())],
    ["unused", Float32Array.of(3)],
  ]);
  const after: StepOutcome = { results, state };
  return {
    binding: native.binding,
    part,
    variables,
    start,
    after,
    [Symbol.dispose]: () => tf.dispose([kernel, steps, unused]),
  };
}

nativeTest("a recorded step that is run again gives the same bits, and keeps no tensors", async (backend) => {
  using step = recordedStep(backend);
  const { binding, part, variables, start, after } = step;
  const before = nativeTensors(backend);
  const replayed = replayTrace(binding, part, variables, { batch, scalars, state: start });
  expect(nativeTensors(backend)).toBe(before);
  expect(after.state.get("kernel")).not.toEqual(start.get("kernel"));
  expect(replayed).toEqual(after);
});

nativeTest("another last bit of the start changes the last bits of the end", async (backend) => {
  using step = recordedStep(backend);
  const { binding, part, variables, start, after } = step;
  const ends = [...roundedSteps(binding, part, variables, { batch, scalars, state: start })];
  expect(ends).toHaveLength(nudges.length);
  const kernel = after.state.get("kernel") ?? new Float32Array();
  for (const { results, state: end } of ends) {
    expect(results["loss"]?.[0]).toBeCloseTo(after.results["loss"]?.[0] ?? Number.NaN, 5);
    expect(end.get("steps")).toEqual(Float32Array.of(8));
    const moved = (end.get("kernel") ?? new Float32Array()).map((value, i) => Math.abs(value - (kernel[i] ?? 0)));
    expect(Math.max(...moved)).toBeGreaterThan(0);
    expect(Math.max(...moved)).toBeLessThan(1e-6);
  }
});

it("moves float32 numbers by one unit in the last place, and leaves whole ones alone", () => {
  const state = new Map([
    ["weight", Float32Array.of(1, 1, 1, 1, 1, 1)],
    ["steps", Float32Array.of(0, 7)],
  ]);
  const changed = nudges.map((nudge) => movedByOneBit(state, nudge, (name) => name !== "steps"));
  for (const moved of changed) {
    expect(moved.get("steps")).toEqual(state.get("steps"));
    expect([...(moved.get("weight") ?? [])].filter((value) => value !== 1).length).toBeGreaterThan(0);
  }
  expect(new Set(changed.map((moved) => moved.get("weight")?.join())).size).toBe(nudges.length);
});
