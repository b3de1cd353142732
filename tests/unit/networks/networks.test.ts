import type { SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { roundChannels } from "../../../plugins/backbones/parts/round-channels.ts";
import { shufflenetChannels } from "../../../plugins/backbones/shufflenet-v2.ts";
import { buildNetwork, type NetworkUnderTest, tf } from "./build-network.ts";

/** `name: height × channels / stride` of every tap that has space, `pre` left out. */
async function tapsOf(wanted: NetworkUnderTest): Promise<Record<string, string>> {
  const { model, taps } = await buildNetwork(wanted);
  model.dispose();
  const spatial = Object.entries(taps).filter(([name]) => /^stage\d$/u.test(name));
  for (const [name] of spatial) {
    const [stage, pre] = [taps[name], taps[`${name}/pre`]];
    expect([pre?.tensor.shape, pre?.channels, pre?.stride]).toEqual([
      stage?.tensor.shape,
      stage?.channels,
      stage?.stride,
    ]);
    expect(stage?.tensor.shape[3]).toBe(stage?.channels);
  }
  return Object.fromEntries(
    spatial.map(([name, { tensor, channels, stride }]) => [name, `${tensor.shape[1]}×${channels}/${stride}`]),
  );
}

describe("taps announce size, channels and stride", () => {
  test("resnet has three stages at strides 1, 2, 4", async () => {
    expect(await tapsOf({ backbone: { use: "resnet", depth: 8 }, size: 32, classes: 10 })).toEqual({
      stage1: "32×16/1",
      stage2: "16×32/2",
      stage3: "8×64/4",
    });
  });

  test("mobilenet-v1 has five stages at strides 2 to 32", async () => {
    expect(await tapsOf({ backbone: { use: "mobilenet-v1" }, size: 224, classes: 10 })).toEqual({
      stage1: "112×64/2",
      stage2: "56×128/4",
      stage3: "28×256/8",
      stage4: "14×512/16",
      stage5: "7×1024/32",
    });
  });

  test("mobilenet-v1 takes its cifar stem for small images and ends at stride 8", async () => {
    expect(await tapsOf({ backbone: { use: "mobilenet-v1", width: 0.5 }, size: 32, classes: 10 })).toEqual({
      stage1: "32×32/1",
      stage2: "32×64/1",
      stage3: "16×128/2",
      stage4: "8×256/4",
      stage5: "4×512/8",
    });
  });

  test("mobilenet-v2 has five stages at strides 2 to 32", async () => {
    expect(await tapsOf({ backbone: { use: "mobilenet-v2" }, size: 224, classes: 10 })).toEqual({
      stage1: "112×16/2",
      stage2: "56×24/4",
      stage3: "28×32/8",
      stage4: "14×96/16",
      stage5: "7×320/32",
    });
  });

  test("mobilenet-v2 takes its cifar stem for small images and ends at stride 8", async () => {
    expect(await tapsOf({ backbone: { use: "mobilenet-v2", width: 0.5 }, size: 32, classes: 10 })).toEqual({
      stage1: "32×8/1",
      stage2: "32×16/1",
      stage3: "16×16/2",
      stage4: "8×48/4",
      stage5: "4×160/8",
    });
  });

  test("shufflenet-v2 has the paper's stages at strides 8, 16, 32 after its stem", async () => {
    expect(await tapsOf({ backbone: { use: "shufflenet-v2" }, size: 224, classes: 10 })).toEqual({
      stage1: "112×24/2",
      stage2: "28×116/8",
      stage3: "14×232/16",
      stage4: "7×464/32",
    });
  });

  test("shufflenet-v2 takes its cifar stem for 28-pixel images, with odd sizes on the way", async () => {
    const backbone = { use: "shufflenet-v2", width: 0.5 } as const;

    expect(await tapsOf({ backbone, size: 28, channels: 1, classes: 10 })).toEqual({
      stage1: "14×24/2",
      stage2: "7×48/4",
      stage3: "4×96/8",
      stage4: "2×192/16",
    });
  });

  test("shufflenet-v2 keeps full resolution with a stem of stride 1", async () => {
    const taps = await tapsOf({ backbone: { use: "shufflenet-v2", width: 0.5, stemStride: 1 }, size: 32, classes: 10 });

    expect([taps["stage1"], taps["stage4"]]).toEqual(["32×24/1", "4×192/8"]);
  });

  test("a stem that is named is taken at any size", async () => {
    const taps = await tapsOf({ backbone: { use: "shufflenet-v2", stem: "imagenet" }, size: 64, classes: 10 });

    expect(taps["stage4"]).toBe("2×464/32");
  });

  test("pooled and logits have channels and no stride", async () => {
    const { model, taps } = await buildNetwork({ backbone: { use: "resnet", depth: 8 }, size: 16, classes: 7 });

    expect([taps["pooled"]?.tensor.shape, taps["pooled"]?.channels, taps["pooled"]?.stride]).toEqual([
      [null, 64],
      64,
      0,
    ]);
    expect([taps["logits"]?.tensor.shape, taps["logits"]?.channels, taps["logits"]?.stride]).toEqual([[null, 7], 7, 0]);
    model.dispose();
  });

  test.each(["resnet", "mobilenet-v1", "shufflenet-v2"] as const)(
    "pre of %s becomes its stage by a ReLU on some channels",
    async (use) => {
      const { model, taps } = await buildNetwork({ backbone: { use }, size: 32, classes: 10 });
      const [stage, pre] = [taps["stage3"]?.tensor, taps["stage3/pre"]?.tensor];
      if (stage === undefined || pre === undefined) throw new Error("a tap is missing");
      const both = tf.model({ inputs: model.inputs, outputs: [stage, pre] });
      const [after, before] = both.predict(tf.randomUniform([1, 32, 32, 3], 0, 255, "float32", 1)) as Tensor[];
      const [afterValues, beforeValues] = [after?.dataSync() ?? [], before?.dataSync() ?? []];

      expect(Array.from(afterValues).every((value, i) => [beforeValues[i], 0].includes(value))).toBe(true);
      expect(Math.min(...beforeValues)).toBeLessThan(0);
      expect(Math.min(...afterValues)).toBe(0);
      tf.dispose([after, before] as Tensor[]);
      model.dispose();
    },
  );
});

describe("channels", () => {
  test("of mobilenets round to multiples of 8, half up, and never lose more than 10 %", () => {
    expect([24 * 0.35, 16 * 0.5, 32 * 0.35, 20, 12].map((channels) => roundChannels(channels))).toEqual([
      8, 8, 16, 24, 16,
    ]);
  });

  test("of shufflenet-v2 between the published widths scale those of 1.0 to even numbers", () => {
    expect(shufflenetChannels(2)).toEqual([244, 488, 976, 2048]);
    expect(shufflenetChannels(0.25)).toEqual([30, 58, 116, 1024]); // 29 → 30, 58, 116
    expect(shufflenetChannels(0.3)).toEqual([34, 70, 140, 1024]); // 34.8, 69.6, 139.2
  });
});

describe("weights", () => {
  const wanted: NetworkUnderTest = {
    backbone: { use: "shufflenet-v2", width: 0.5 },
    size: 28,
    channels: 1,
    classes: 10,
  };
  const values = (weights: readonly { read(): Tensor }[]): number[][] =>
    weights.map((w) => Array.from(w.read().dataSync()));

  test("have the same names and values whatever was built before", async () => {
    const first = await buildNetwork(wanted);
    const second = await buildNetwork(wanted);

    expect(second.model.weights.map((weight) => weight.originalName)).toEqual(
      first.model.weights.map((weight) => weight.originalName),
    );
    expect(values(second.model.weights)).toEqual(values(first.model.weights));
    first.model.dispose();
    second.model.dispose();
  });

  test("have unique names", async () => {
    const { model } = await buildNetwork({ backbone: { use: "mobilenet-v2" }, size: 32, classes: 10 });
    const names = model.weights.map((weight) => weight.originalName);

    expect(new Set(names).size).toBe(names.length);
    model.dispose();
  });

  test("differ with the seed", async () => {
    const first = await buildNetwork(wanted);
    const second = await buildNetwork({ ...wanted, seed: 2 });

    expect(values(second.model.weights)).not.toEqual(values(first.model.weights));
    first.model.dispose();
    second.model.dispose();
  });

  test("of convolutions have variance 2 / fan-out, counted per group", async () => {
    const { model } = await buildNetwork({ backbone: { use: "mobilenet-v2" }, size: 32, classes: 1000 });
    const deviation = (name: string): number => {
      const kernel =
        model.weights
          .find((weight) => weight.originalName === name)
          ?.read()
          .dataSync() ?? [];
      return Math.sqrt(Array.from(kernel).reduce((sum, value) => sum + value * value, 0) / kernel.length);
    };

    expect(deviation("last/conv/kernel") / Math.sqrt(2 / 1280)).toBeCloseTo(1, 1);
    expect(deviation("group6/block2/depthwise/conv/depthwise_kernel") / Math.sqrt(2 / 9)).toBeCloseTo(1, 1);
    expect(deviation("logits/kernel") / 0.01).toBeCloseTo(1, 1);
    model.dispose();
  });

  test("are freed with the model, and building leaves no other tensor", async () => {
    const warm = await buildNetwork(wanted);
    warm.model.dispose();
    const before = tf.memory().numTensors;

    const { model } = await buildNetwork(wanted);

    expect(tf.memory().numTensors).toBe(before + model.weights.length);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("of mobilenet-v2 are there in well under a second", async () => {
    const start = performance.now();
    const { model } = await buildNetwork({ backbone: { use: "mobilenet-v2" }, size: 224, classes: 10 });

    expect(performance.now() - start).toBeLessThan(1500);
    model.dispose();
  });
});

describe("pixels are scaled by the first layer", () => {
  test.each([
    ["signed", [-1, 0.2, 1]],
    ["unit", [0, 0.6, 1]],
    [{ mean: 0.5, std: 0.25 }, [-2, 0.4, 2]],
  ] as const)("%j", async (normalize, expected) => {
    const { model } = await buildNetwork({ backbone: { use: "resnet", depth: 8 }, size: 8, classes: 2, normalize });
    const scaled = tf.tidy(() => model.getLayer("normalize").apply(tf.tensor1d([0, 153, 255])) as Tensor);

    expect([...scaled.dataSync()].map((value) => Number(value.toFixed(5)))).toEqual(expected);
    scaled.dispose();
    model.dispose();
  });
});

describe("pixels are scaled channel by channel", () => {
  const build = (normalize: NonNullable<NetworkUnderTest["normalize"]>, channels = 3) =>
    buildNetwork({ backbone: { use: "resnet", depth: 8 }, size: 8, channels, classes: 2, normalize });

  test("with ImageNet's mean and deviation", async () => {
    const { model } = await build("imagenet");
    const scaled = tf.tidy(() => {
      const first = tf.model({ inputs: model.inputs, outputs: model.getLayer("normalize").output as SymbolicTensor });
      return first.predict(tf.fill([1, 8, 8, 3], 255)) as Tensor;
    });

    const expected = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225];
    for (const [i, value] of expected.entries()) expect(scaled.dataSync()[i]).toBeCloseTo(value, 5);
    expect(model.layers.filter(({ name }) => name.startsWith("normalize")).flatMap(({ weights }) => weights)).toEqual(
      [],
    );
    scaled.dispose();
    model.dispose();
  });

  test("and refused for images of another number of channels", async () => {
    await expect(build("imagenet", 1)).rejects.toMatchObject({ code: "KDF_PLAN_OPTIONS" });
    await expect(build({ mean: [0.5, 0.5, 0.5], std: [0.2, 0.2] })).rejects.toMatchObject({ code: "KDF_PLAN_OPTIONS" });
  });
});
