import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { drawn, drawnWeight } from "../../../support/drawn-weights.ts";
import { safetensorsBytes } from "../../../support/safetensors-bytes.ts";
import { relativeError } from "../../../support/tolerances.ts";
import { buildNetwork, type NetworkUnderTest, tf } from "../build-network.ts";
import { type Golden, golden, stateDict } from "./published-golden.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kdflow-weights-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(bytes: Buffer): Promise<{ path: string; sha256: string }> {
  const path = join(directory, "weights.safetensors");
  await writeFile(path, bytes);
  return { path, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function answer(wanted: NetworkUnderTest, { height, width }: Golden): Promise<Float32Array> {
  const { model } = await buildNetwork(wanted);
  const values = drawn("pixels", height * width * 3).map((u) => Math.floor(u * 256));
  const logits = tf.tidy(() => model.predict(tf.tensor(Float32Array.from(values), [1, height, width, 3])) as Tensor);
  const found = Float32Array.from(await logits.data());
  logits.dispose();
  model.dispose();
  return found;
}

const published = [
  ["torchvision-mobilenet_v2", { use: "mobilenet-v2" }, {}],
  ["torchvision-mobilenet_v3_small", { use: "mobilenet-v3-small" }, {}],
  ["torchvision-mobilenet_v3_large", { use: "mobilenet-v3-large" }, {}],
  ["torchvision-shufflenet_v2_x0_5", { use: "shufflenet-v2", width: 0.5 }, {}],
  ["torchvision-resnet18", { use: "resnet", depth: 18 }, {}],
  ["torchvision-resnet50", { use: "resnet", depth: 50 }, {}],
  ["timm-mobilenetv3_small_100", { use: "mobilenet-v3-small" }, {}],
  ["timm-mobilenetv3_large_100", { use: "mobilenet-v3-large" }, {}],
  ["timm-mobilenetv4_conv_small", { use: "mobilenet-v4-conv-small" }, {}],
  ["timm-efficientnet_lite0", { use: "efficientnet-lite" }, {}],
  ["timm-tf_efficientnet_lite0", { use: "efficientnet-lite", padding: "same" }, { epsilon: 1e-3 }],
  ["timm-ghostnet_100", { use: "ghostnet" }, {}],
  ["retinaface-mobilenet_v1_025", { use: "mobilenet-v1", width: 0.25, activation: "leaky" }, {}],
  ["cifar-resnet20", { use: "resnet", depth: 20, shortcut: "pad" }, {}],
] as const;

describe("weights under published names give the published network's answers", () => {
  test.each(published)("%s", async (name, backbone, options) => {
    const expected = await golden(name);
    const weights = { ...(await write(safetensorsBytes(stateDict(expected)))), ...options };
    const { height, width } = expected;

    const found = await answer(
      { backbone, size: [height, width], classes: 10, normalize: "imagenet", weights },
      expected,
    );

    expect(relativeError([...found], expected.logits)).toBeLessThanOrEqual(1e-4);
  });
});

describe("loading is strict", () => {
  const backbone = { use: "shufflenet-v2", width: 0.5 };
  const load = async (change: (tensors: ReturnType<typeof stateDict>) => void, options: object = {}, classes = 10) => {
    const tensors = stateDict(await golden("torchvision-shufflenet_v2_x0_5"));
    change(tensors);
    const weights = { ...(await write(safetensorsBytes(tensors))), ...options };
    const { model } = await buildNetwork({ backbone, size: 72, classes, weights });
    return model;
  };
  const failure = async (...args: Parameters<typeof load>): Promise<{ code: string; hint: readonly string[] }> =>
    load(...args).then(
      () => Promise.reject(new Error("it was loaded")),
      (error) => error,
    );

  test("a missing name is listed with the nearest that is left over", async () => {
    const { code, hint } = await failure((tensors) => {
      tensors.set("conv1.0.wieght", tensors.get("conv1.0.weight") ?? { shape: [], values: new Float32Array() });
      tensors.delete("conv1.0.weight");
    });

    expect(code).toBe("KDF_TRAIN_WEIGHTS");
    expect(hint.slice(0, 2)).toEqual([
      '"conv1.0.weight" for "stem/conv/kernel" is not there; nearest: "conv1.0.wieght"',
      '"conv1.0.wieght" has no place in the network',
    ]);
  });

  test("numbers that are none are named", async () => {
    const { code, hint } = await failure((tensors) => {
      tensors.get("conv1.1.bias")?.values.fill(Number.NaN, 0, 1);
    });

    expect(code).toBe("KDF_TRAIN_WEIGHTS");
    expect(hint[0]).toBe('"conv1.1.bias" has numbers that are NaN or infinite');
  });

  test("another shape is told in the file's layout", async () => {
    const { hint } = await failure(() => {}, {}, 7);

    expect(hint.slice(0, 2)).toEqual([
      '"fc.weight" is [10, 1024], and [7, 1024] is needed',
      '"fc.bias" is [10], and [7] is needed',
    ]);
  });

  test("what `skip` names starts from the seed, for other classes", async () => {
    const model = await load(() => {}, { skip: ["fc.*"] }, 7);
    const kernel = model.getLayer("logits").getWeights()[0];

    expect(kernel?.shape).toEqual([1024, 7]);
    expect(Math.max(...(kernel?.dataSync() ?? [])) < 0.1).toBe(true);
    model.dispose();
  });

  test("`map` says a name that no table has", async () => {
    const model = await load(
      (tensors) => {
        for (const kind of ["weight", "bias"]) {
          tensors.set(`head.${kind}`, tensors.get(`fc.${kind}`) ?? { shape: [], values: new Float32Array() });
          tensors.delete(`fc.${kind}`);
        }
      },
      { map: { logits: "head" } },
    );

    expect(model.getLayer("logits").getWeights()[1]?.dataSync()).toEqual(drawnWeight("fc.bias", [10]));
    model.dispose();
  });

  test("another digest is refused with the one that was found", async () => {
    const { code, hint } = await failure(() => {}, { sha256: "0".repeat(64) });

    expect([code, hint[0]?.startsWith(`\`sha256\` says ${"0".repeat(64)}`)]).toEqual(["KDF_INPUT_SHA256", true]);
  });
});

describe("darknet files", () => {
  const backbone = { use: "darknet53", width: 0.25 };
  const header = Buffer.from(Int32Array.of(0, 2, 0, 0, 0).buffer);
  /** Numbers of the stem and of the first halving convolution: 3×3×3 to 8 and 3×3×8 to 16 channels. */
  const counts = [4 * 8 + 3 * 3 * 3 * 8, 4 * 16 + 3 * 3 * 8 * 16] as const;

  async function load(count: number): Promise<(name: string) => Promise<number[]>> {
    const numbers = Float32Array.from({ length: count }, (_, i) => i);
    const bytes = Buffer.concat([header, Buffer.from(numbers.buffer)]);
    const path = join(directory, "part.weights");
    await writeFile(path, bytes);
    const weights = { path, sha256: createHash("sha256").update(bytes).digest("hex") };
    const { model } = await buildNetwork({ backbone, size: 32, classes: 2, weights });
    const values = new Map<string, number[]>();
    for (const weight of model.weights) values.set(weight.originalName, [...(await weight.read().data())]);
    model.dispose();
    return async (name) => values.get(name) ?? [];
  }

  test("are dealt out layer by layer: offset, scale, mean, variance, kernel; the rest starts from the seed", async () => {
    const of = await load(counts[0] + counts[1]);

    const eight = (start: number): number[] => Array.from({ length: 8 }, (_, i) => start + i);
    expect(await of("stem/norm/beta")).toEqual(eight(0));
    expect(await of("stem/norm/gamma")).toEqual(eight(8));
    expect(await of("stem/norm/moving_mean")).toEqual(eight(16));
    expect(await of("stem/norm/moving_variance")).toEqual(eight(24));
    // [height, width, inputs, outputs] out of [outputs, inputs, height, width]: neighbours are 27 apart
    expect((await of("stem/conv/kernel")).slice(0, 3)).toEqual([32, 32 + 27, 32 + 54]);
    expect((await of("stage1/down/norm/beta"))[0]).toBe(counts[0]);
    expect((await of("stage1/block1/conv1/norm/beta"))[0]).toBe(0);
  });

  test("of another network are refused", async () => {
    await expect(load(counts[0] + 5)).rejects.toMatchObject({ code: "KDF_TRAIN_WEIGHTS" });
  });
});
