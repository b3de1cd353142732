import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LayersModel, Tensor, Variable } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { type BuiltNetwork, layersModelFiles } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { backboneIds, buildNetwork, tf, unfilledNetwork } from "./build-network.ts";
import { plainTfjsLogits } from "./plain-tfjs.ts";

interface Row {
  /** Options of a form that is small enough to train here. */
  readonly small: Readonly<Record<string, unknown>>;
  /** `channels/stride` of each stage of the form with these options. */
  readonly taps: readonly [options: Readonly<Record<string, unknown>>, stages: string];
  /** Trainable weights by options, classes and, where the stem depends on it, size. */
  readonly counts: readonly (readonly [Readonly<Record<string, unknown>>, classes: number, trainable: number])[];
}

/**
 * Counts are those of the published networks: torchvision and timm on 1 000 classes, mdistiller on the classes of
 * CIFAR-100 and CIFAR-10. ShuffleNetV1's published classifiers have no bias; ours has one for each class.
 */
const rows: Readonly<Record<string, Row>> = {
  resnet: {
    small: { depth: 8 },
    taps: [{ depth: 50, stem: "imagenet" }, "256/4 512/8 1024/16 2048/32"],
    counts: [
      [{ depth: 18, stem: "imagenet" }, 1000, 11_689_512],
      [{ depth: 34, stem: "imagenet" }, 1000, 21_797_672],
      [{ depth: 50, stem: "imagenet" }, 1000, 25_557_032],
      [{ depth: 18, stem: "cifar" }, 100, 11_220_132],
      [{ depth: 50, stem: "cifar" }, 10, 23_520_842],
      [{ depth: 44 }, 100, 667_188],
      [{ depth: 110 }, 100, 1_736_564],
      [{ depth: 8, width: 4 }, 100, 1_233_540],
      [{ depth: 32, width: 4 }, 100, 7_433_860],
      [{ depth: 20, shortcut: "pad" }, 10, 272_474 - 2 * 32 - 16 * 32 - 2 * 64 - 32 * 64],
    ],
  },
  "wide-resnet": {
    small: { depth: 10, width: 1 },
    taps: [{ depth: 40, width: 2 }, "32/1 64/2 128/4"],
    counts: [
      [{ depth: 16, width: 1 }, 100, 180_916],
      [{ depth: 16, width: 2 }, 100, 703_284],
      [{ depth: 40, width: 1 }, 100, 569_780],
      [{ depth: 40, width: 2 }, 10, 2_243_546],
    ],
  },
  vgg: {
    small: { depth: 8 },
    taps: [{ depth: 13 }, "64/1 128/2 256/4 512/8 512/8"],
    counts: [
      [{ depth: 8 }, 100, 3_965_028],
      [{ depth: 11 }, 100, 9_277_284],
      [{ depth: 13 }, 100, 9_462_180],
      [{ depth: 16 }, 10, 14_728_266],
      [{ depth: 19 }, 100, 20_086_692],
    ],
  },
  "mobilenet-v1": {
    small: { width: 0.25 },
    taps: [{ stem: "imagenet" }, "64/2 128/4 256/8 512/16 1024/32"],
    counts: [
      [{ width: 0.25 }, 1000, 470_072],
      [{}, 1000, 4_231_976],
    ],
  },
  "mobilenet-v2": {
    small: { width: 0.35 },
    taps: [{ stem: "imagenet" }, "16/2 24/4 32/8 96/16 320/32"],
    counts: [[{}, 1000, 3_504_872]],
  },
  "mobilenet-v3-small": {
    small: { width: 0.35 },
    taps: [{ stem: "imagenet" }, "16/2 16/4 24/8 48/16 96/32"],
    counts: [[{}, 1000, 2_542_856]],
  },
  "mobilenet-v3-large": {
    small: { width: 0.35 },
    taps: [{ stem: "imagenet" }, "16/2 24/4 40/8 112/16 160/32"],
    counts: [[{}, 1000, 5_483_032]],
  },
  "mobilenet-v4-conv-small": {
    small: { width: 0.35 },
    taps: [{ stem: "imagenet" }, "32/2 32/4 64/8 96/16 128/32"],
    counts: [
      [{}, 1000, 3_774_024],
      [{ width: 0.5 }, 1000, 2_238_952],
    ],
  },
  "shufflenet-v1": {
    small: { width: 0.5 },
    taps: [{ stem: "imagenet" }, "24/2 240/8 480/16 960/32"],
    counts: [
      [{ width: 0.5, stem: "imagenet" }, 1000, 717_324 + 1000],
      [{ width: 1, stem: "imagenet" }, 1000, 1_864_728 + 1000],
      [{ width: 1.5, stem: "imagenet" }, 1000, 3_441_168 + 1000],
      [{ width: 2, stem: "imagenet" }, 1000, 5_449_776 + 1000],
    ],
  },
  "shufflenet-v2": {
    small: { width: 0.5 },
    taps: [{ stem: "imagenet" }, "24/2 116/8 232/16 464/32"],
    counts: [[{}, 1000, 2_278_604]],
  },
  ghostnet: {
    small: { width: 0.35 },
    taps: [{ stem: "imagenet" }, "16/2 24/4 40/8 112/16 160/32"],
    counts: [[{}, 1000, 5_182_508]],
  },
  "efficientnet-lite": {
    small: { variant: 0 },
    taps: [{ stem: "imagenet" }, "16/2 24/4 40/8 112/16 320/32"],
    counts: [
      [{ variant: 0 }, 1000, 4_652_008],
      [{ variant: 1 }, 1000, 5_416_680],
      [{ variant: 2 }, 1000, 6_092_072],
      [{ variant: 3 }, 1000, 8_197_096],
      [{ variant: 4 }, 1000, 13_006_568],
    ],
  },
  "mobileone-s0": {
    small: { width: 0.5 },
    taps: [{ stem: "imagenet" }, "48/2 48/4 128/8 256/16 1024/32"],
    counts: [[{}, 1000, 5_293_272]],
  },
  darknet53: {
    small: { width: 0.25 },
    taps: [{}, "64/2 128/4 256/8 512/16 1024/32"],
    counts: [[{}, 1000, 41_609_928]],
  },
};
const cases = Object.entries(rows);
const sizes = [32, 72, [40, 72]] as const;

/** Pixels of noise, float32 `[count, height, width, 3]`. */
function noise(size: (typeof sizes)[number], count: number): Tensor {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  const rng = createRng(3, "pixels");
  const values = Float32Array.from({ length: count * height * width * 3 }, () => rng.integer(256));
  return tf.tensor(values, [count, height, width, 3]);
}

/** Gives batch norms the averages and scales of a network that was trained, so that folding them shows. */
function disturb(model: LayersModel): void {
  const rng = createRng(5, "averages");
  for (const layer of model.layers.filter((candidate) => candidate.getClassName() === "BatchNormalization")) {
    const values = layer.getWeights().map(({ shape, size }) => {
      return tf.tensor(
        Float32Array.from({ length: size }, () => 0.5 + rng.uniform()),
        shape,
      );
    });
    layer.setWeights(values);
    tf.dispose(values);
  }
}

async function answers(model: LayersModel, pixels: Tensor): Promise<Float32Array> {
  const logits = tf.tidy(() => model.predict(pixels) as Tensor);
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return values;
}

/** Largest magnitude of each trainable weight's gradient. */
async function gradientSizes({ model }: BuiltNetwork, pixels: Tensor): Promise<Record<string, number>> {
  const { value, grads } = tf.variableGrads(() => {
    const logits = model.apply(pixels, { training: true }) as Tensor;
    const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 3], "int32"), 5);
    return tf.losses.softmaxCrossEntropy(labels, logits).asScalar();
  });
  const found = new Map<string, number>();
  for (const [name, gradient] of Object.entries(grads)) {
    let largest = 0;
    for (const value of await gradient.data())
      largest = Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : NaN;
    found.set(name, largest);
  }
  tf.dispose([value, ...Object.values(grads)]);
  const own = model.trainableWeights.map((weight) => {
    const { name } = (weight as unknown as { readonly val: Variable }).val;
    return [weight.originalName, found.get(name) ?? 0] as const;
  });
  return Object.fromEntries(own);
}

test("every backbone has its row", () => {
  expect(Object.keys(rows).toSorted()).toEqual([...backboneIds].toSorted());
});

describe.each(cases)("%s", (use, { small, taps: [tapOptions, stages], counts }) => {
  test.each(counts)("with %j on %i classes has %i trainable weights", async (options, classes, trainable) => {
    const size = classes === 1000 ? 224 : 32;
    const { model } = await unfilledNetwork({ backbone: { use, ...options }, size, classes });

    expect(countParameters(model).trainable).toBe(trainable);
    model.dispose();
  });

  test("announces stages with their channels and strides", async () => {
    const { model, taps } = await unfilledNetwork({ backbone: { use, ...tapOptions }, size: 224, classes: 2 });
    const spatial = Object.entries(taps).filter(([name]) => /^stage\d+$/u.test(name));

    expect(spatial.map(([, { channels, stride }]) => `${channels}/${stride}`).join(" ")).toBe(stages);
    for (const [name, { tensor, channels, stride }] of spatial) {
      expect(tensor.shape).toEqual([null, 224 / stride, 224 / stride, channels]);
      expect(taps[`${name}/pre`]?.tensor.shape).toEqual(tensor.shape);
    }
    model.dispose();
  });

  test.each(sizes)("trains on images of %j: each weight has a finite gradient", async (size) => {
    const built = await buildNetwork({ backbone: { use, ...small }, size, classes: 5 });
    const pixels = noise(size, 4);

    expect((await answers(built.model, pixels)).every(Number.isFinite)).toBe(true);
    const gradients = Object.entries(await gradientSizes(built, pixels));

    expect(gradients.filter(([, magnitude]) => !(magnitude > 0))).toEqual([]);
    pixels.dispose();
    built.model.dispose();
  });

  test("answers the same from its files on plain TensorFlow.js", async () => {
    const directory = await mkdtemp(join(tmpdir(), "kdflow-backbone-"));
    const { model } = await buildNetwork({ backbone: { use, ...small }, size: 32, classes: 5 });
    disturb(model);
    const pixels = noise(32, 2);
    const expected = await answers(model, pixels);

    for (const [name, bytes] of Object.entries(await layersModelFiles(model)))
      await writeFile(join(directory, name), bytes);

    const found = await plainTfjsLogits(directory, await pixels.data(), pixels.shape);
    expect(relativeError(found, [...expected])).toBeLessThanOrEqual(tolerances.value);
    pixels.dispose();
    model.dispose();
    await rm(directory, { recursive: true });
  });

  test("answers the same in the form in which it is deployed", async () => {
    const { model, deploy } = await buildNetwork({ backbone: { use, ...small }, size: [40, 72], classes: 5 });
    disturb(model);
    const pixels = noise([40, 72], 2);
    const deployed = (await deploy?.()) ?? model;

    const [expected, found] = [await answers(model, pixels), await answers(deployed, pixels)];

    expect(relativeError([...found], [...expected])).toBeLessThanOrEqual(1e-5);
    expect(deployed !== model).toBe(use === "mobileone-s0");
    pixels.dispose();
    model.dispose();
    if (deployed !== model) deployed.dispose();
  });
});

test("mobileone-s0 is deployed with as many weights as published, 2.1 million", async () => {
  const { model, deploy } = await buildNetwork({ backbone: { use: "mobileone-s0" }, size: 224, classes: 1000 });
  const deployed = await deploy?.();
  if (deployed === undefined) throw new Error("there is no deployed form");

  // each of the 43 convolutions has a kernel and a bias: timm's fused network
  expect(countParameters(deployed).all).toBe(2_078_504);
  expect(deployed.layers.some((layer) => layer.getClassName() === "BatchNormalization")).toBe(false);
  model.dispose();
  deployed.dispose();
});
