import type { Tensor, Tensor4D } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend } from "../../../../core/index.ts";
import { NotCapturable } from "../../../../plugins/backends/tensorflow/capture/not-capturable.ts";
import { recordTwice } from "../../../../plugins/backends/tensorflow/capture/record-twice.ts";
import { nativeBackend } from "../../../../plugins/backends/tensorflow/native-backend.ts";
import { nativeTest } from "./native-test.ts";

type Body = (x: Tensor, call: number) => Tensor;

/** Records a body on `[2, 3]`; tells how often each operation was computed. */
async function record({ tf }: Backend, body: Body) {
  const native = nativeBackend(tf);
  const addon = native.binding;
  const computed: string[] = [];
  const executeOp: typeof addon.executeOp = (name, ...rest) => {
    computed.push(name);
    return addon.executeOp(name, ...rest);
  };
  native.binding = Object.create(addon, { executeOp: { value: executeOp } });
  let calls = 0;
  try {
    const { trace } = await recordTwice(
      {
        ...{ tf, native, inputs: { x: { shape: [3], dtype: "float32" } }, names: ["x"], state: [], author: undefined },
        ...{ batch: { x: Float32Array.of(1, 2, 3, 4, 5, 6) }, size: 2, scalars: {} },
        body: ({ x }) => ({ y: body(x as Tensor, ++calls) }),
      },
      { batch: { x: Float32Array.of(6, 5, 4, 3, 2, 1) }, scalars: {}, restore: async () => undefined },
    );
    return { calls, times: (name: string) => computed.filter((each) => each === name).length, trace };
  } finally {
    native.binding = addon;
  }
}

nativeTest("the second time nothing is computed", async (backend) => {
  const { tf } = backend;
  const { calls, times } = await record(backend, (x) => tf.sum(tf.exp(tf.reshape(x, [3, 2])), 1));
  expect(calls).toBe(2);
  expect([times("Exp"), times("Sum"), times("Reshape")]).toEqual([1, 1, 1]);
});

nativeTest("enlarged maps and their gradients are not computed the second time either", async (backend) => {
  const { tf } = backend;
  const enlarged = (x: Tensor): Tensor =>
    tf.image.resizeNearestNeighbor(tf.reshape(x, [1, 2, 3, 1]) as Tensor4D, [4, 6]);
  const { times } = await record(backend, (x) => tf.grad((given) => tf.sum(tf.square(enlarged(given))))(x));
  expect([times("ResizeNearestNeighbor"), times("ResizeNearestNeighborGrad")]).toEqual([1, 1]);
});

nativeTest("it is computed where values decide on shapes", async (backend) => {
  const { tf } = backend;
  const unique = await record(backend, (x) => tf.exp(tf.unique(tf.reshape(x, [6])).values));
  expect(unique.times("Exp")).toBe(2);
});

nativeTest("operations that nothing needs may differ", async (backend) => {
  const { tf } = backend;
  const { calls, trace } = await record(backend, (x, call) => {
    if (call === 1) tf.sin(x);
    return tf.exp(x);
  });
  expect(calls).toBe(2);
  expect(trace.ops.map(({ name }) => name)).toEqual(["Exp"]);
});

nativeTest("another operation or constant is found without computing", async (backend) => {
  const { tf } = backend;
  const branch: Body = (x, call) => (call === 1 ? tf.exp(x) : tf.square(x));
  await expect(record(backend, branch)).rejects.toThrow(NotCapturable);
  await expect(record(backend, (x, call) => tf.mul(x, call))).rejects.toThrow(/constant/);
});
