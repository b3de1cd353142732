import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { BuiltNetwork } from "../../../core/index.ts";
import { countMultiplyAdds, countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { boxFlags, packBoxes } from "../../../plugins/tasks/detection/boxes.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { buildDetector } from "./build-detector.ts";
import { tf } from "./build-network.ts";

/** Trained weights of layers whose names begin so. */
function trainedIn({ model }: Pick<BuiltNetwork, "model">, prefix: string): number {
  return model.trainableWeights
    .filter(({ originalName }) => originalName.startsWith(prefix))
    .reduce((sum, { shape }) => sum + shape.reduce<number>((size, length) => size * (length ?? 0), 1), 0);
}

describe("trained weights are those of the published network", () => {
  test.each([
    [80, 6_228_762, 6_227_101],
    [20, 6_066_402, 6_065_281],
  ])("yolov7-tiny on %i classes, in training and deployed", async (classes, trained, used) => {
    const built = await buildDetector({ use: "yolov7-tiny", classes });
    const deployed = await built.deploy?.();

    expect(countParameters(built.model).trainable).toBe(trained);
    expect(trainedIn(built, "neck/")).toBe(3_533_440);
    expect(trainedIn(built, "head/")).toBe(classes === 80 ? 230_906 : 68_546);
    expect(trained - trainedIn(built, "neck/") - trainedIn(built, "head/")).toBe(2_464_416);
    expect(countParameters(deployed as LayersModel).trainable).toBe(used);
    built.model.dispose();
    deployed?.dispose();
  });

  test.each([
    [{ use: "mobilenet-v1" }, 3_836_544, 7_274_426, 7_112_066],
    [{ use: "mobilenet-v2" }, 3_408_512, 5_451_130, 5_288_770],
    [{ use: "mobilenet-v2", width: 0.5 }, 3_319_424, 4_030_650, 3_868_290],
    [{ use: "shufflenet-v2", width: 0.5 }, 3_344_000, 3_718_042, 3_555_682],
    [{ use: "shufflenet-v2", width: 1 }, 3_505_024, 4_512_350, 4_349_990],
    [{ use: "shufflenet-v2", width: 1.5 }, 3_647_104, 5_633_690, 5_471_330],
    [{ use: "shufflenet-v2", width: 2 }, 3_808_128, 7_381_086, 7_218_726],
  ] as const)("a yolo on %o", async (backbone, neck, of80, of20) => {
    const options = { backbone: { ...backbone, stem: "imagenet" } };
    for (const [classes, expected] of [
      [80, of80],
      [20, of20],
    ] as const) {
      const built = await buildDetector({ options, classes });
      expect(trainedIn(built, "neck/")).toBe(neck);
      expect(countParameters(built.model).trainable).toBe(expected);
      built.model.dispose();
    }
  });
});

const small = {
  backbone: { use: "shufflenet-v2", width: 0.5, stem: "imagenet" },
  neck: { use: "pan-lite", width: 0.25 },
};

describe("a yolo", () => {
  test.each(["mobilenet-v3-small", "mobilenet-v3-large", "mobilenet-v4-conv-small", "efficientnet-lite", "ghostnet"])(
    "on %s frees the backbone's last layers once",
    async (use) => {
      const options = { ...small, backbone: { use, stem: "imagenet" } };
      const tensors = tf.memory().numTensors;
      const built = await buildDetector({ options, classes: 3 });
      expect(Object.keys(built.outputs)).toEqual(["p3", "p4", "p5"]);
      built.model.dispose();
      expect(tf.memory().numTensors).toBe(tensors);
    },
  );

  test("gives three levels of cells with strides and anchors, whatever the ratio of its sides", async () => {
    const built = await buildDetector({ options: small, size: [64, 96], classes: 3 });

    expect(built.outputs).toMatchObject({
      p3: {
        kind: "cells",
        shape: [8, 12, 24],
        stride: 8,
        anchors: [
          [10, 13],
          [16, 30],
          [33, 23],
        ],
      },
      p4: { kind: "cells", shape: [4, 6, 24], stride: 16 },
      p5: {
        kind: "cells",
        shape: [2, 3, 24],
        stride: 32,
        anchors: [
          [116, 90],
          [156, 198],
          [373, 326],
        ],
      },
    });
    expect(built.model.outputs.map(({ shape }) => shape)).toEqual([
      [null, 8, 12, 24],
      [null, 4, 6, 24],
      [null, 2, 3, 24],
    ]);
    expect(built.taps["p4"]).toMatchObject({ stride: 16 });
    expect(built.taps["stage3"]).toMatchObject({ stride: 16, channels: 96 });
    built.model.dispose();
  });

  test.each(["yolov7-tiny", "fpn", "pan-lite"])(
    "is built of stock layers once it is trained, with the neck %s",
    async (use) => {
      const built = await buildDetector({
        options: { ...small, neck: { use, width: 0.25 }, activation: "silu" },
        classes: 3,
      });
      const deployed = (await built.deploy?.()) as LayersModel;
      const stock = await tf.models.modelFromJSON({
        modelTopology: JSON.parse(JSON.stringify(deployed.toJSON(undefined, false))),
      });

      expect(stock.layers.map((layer) => layer.getClassName())).not.toContain("KdflowImplicit");
      for (const model of [built.model, deployed, stock]) model.dispose();
    },
  );

  test("answers alike in training form and deployed", async () => {
    const built = await buildDetector({ options: small, classes: 3 });
    const deployed = (await built.deploy?.()) as LayersModel;
    const pixels = tf.mul(tf.add(tf.sin(tf.range(0, 64 * 64 * 3)), 1), 127.5).reshape([1, 64, 64, 3]);
    const [trained, used] = [built.model, deployed].map((model) => model.predict(pixels) as Tensor[]);

    trained?.forEach((tensor, level) => {
      expect(relativeError([...(used?.[level]?.dataSync() ?? [])], [...tensor.dataSync()])).toBeLessThanOrEqual(
        tolerances.value,
      );
    });
    tf.dispose([pixels, trained ?? [], used ?? []]);
    for (const model of [built.model, deployed]) model.dispose();
  });

  test("starts with few sure cells: biases of the published start, ±1/√inputs", async () => {
    const built = await buildDetector({ use: "yolov7-tiny", classes: 80 });
    const expected = { p3: -6.685, p4: -5.298, p5: -3.912 };
    for (const [level, objectness] of Object.entries(expected)) {
      const weights = new Map(built.model.weights.map((weight) => [weight.originalName, weight.read()]));
      const bias = [...(weights.get(`head/${level}/conv/bias`)?.dataSync() ?? [])];
      const bound = 1 / Math.sqrt(weights.get(`head/${level}/conv/kernel`)?.shape[2] ?? 0);
      for (let anchor = 0; anchor < 3; anchor++) {
        expect(Math.abs((bias[anchor * 85 + 4] ?? 0) - objectness)).toBeLessThanOrEqual(bound + 1e-3);
        expect(Math.abs((bias[anchor * 85 + 5] ?? 0) + 4.88)).toBeLessThanOrEqual(bound + 1e-3);
        expect(Math.abs(bias[anchor * 85] ?? 1)).toBeLessThanOrEqual(bound);
      }
    }
    built.model.dispose();
  });

  test("leaves nothing behind once it is disposed of, the backbone's layers that it has no use for among it", async () => {
    const before = tf.memory().numTensors;
    const built = await buildDetector({
      options: { backbone: { use: "shufflenet-v2", width: 0.5, stem: "imagenet" } },
    });
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    built.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("names what is wrong with its sides, its backbone and its anchors", async () => {
    await expect(buildDetector({ options: small, size: 100 })).rejects.toThrow("multiples of 32, not 100");
    const cifar = { ...small, backbone: { use: "shufflenet-v2", width: 0.5, stem: "cifar" } };
    await expect(buildDetector({ options: cifar })).rejects.toThrow("no feature map of stride 32: stage1 has 2");
    const four = {
      ...small,
      anchors: [
        [8, 8],
        [16, 16],
        [32, 32],
        [64, 64],
      ],
    };
    await expect(buildDetector({ options: four })).rejects.toThrow("4 anchors cannot be shared");
  });
});

test("a detector says its taps with channels and strides, its cells, weights and multiply-adds", async () => {
  const built = await buildDetector({ options: small, size: 64, classes: 3 });
  const message = built.notes?.at(-1)?.message ?? "";
  const { trainable } = countParameters(built.model);
  const p3 = built.taps["p3"];
  expect(message).toContain(`${trainable} trained weights`);
  expect(message).toContain(`p3 ${p3?.channels} at 8`);
  expect(message).toContain(`cells 8×8, 4×4, 2×2, 3 anchors at each: ${3 * (64 + 16 + 4)}`);
  expect(message).toContain(`${(countMultiplyAdds(built.model) / 1e6).toPrecision(4)} M multiply-adds`);
  built.model.dispose();
});

describe("anchors: auto", () => {
  const boxesOf = (sides: readonly number[]) =>
    packBoxes(sides.map((side) => [{ corners: [0, 0, side, 2 * side], class: 0 }]));

  test("fits nine anchors to the training boxes as the network sees them", async () => {
    const sides = [4, 6, 8, 10, 12, 14, 16, 18, 20].flatMap((side) => [side, side, side]);
    const truth = { boxes: boxesOf(sides), sizes: Int32Array.from(sides.flatMap(() => [64, 64])) };
    const built = await buildDetector({ options: { ...small, anchors: "auto" }, size: 128, classes: 3, truth });

    expect(built.outputs["p3"]?.anchors).toEqual([
      [8, 16],
      [12, 24],
      [16, 32],
    ]);
    expect(built.outputs["p5"]?.anchors).toEqual([
      [32, 64],
      [36, 72],
      [40, 80],
    ]);
    expect(built.notes?.[0]?.message).toContain("100.0 % of the training boxes");
    built.model.dispose();
  });

  test("does not count crowds, which are never found", async () => {
    const sides = [4, 6, 8, 10, 12, 14, 16, 18, 20];
    const crowd = { corners: [0, 0, 64, 64], class: 0, flags: boxFlags.crowd } as const;
    const own = sides.map((side) => [{ corners: [0, 0, side, 2 * side] as const, class: 0 }, crowd]);
    const sizes = Int32Array.from(sides.flatMap(() => [64, 64]));
    const options = { ...small, anchors: "auto" } as const;
    const built = await buildDetector({ options, size: 128, classes: 3, truth: { boxes: packBoxes(own), sizes } });
    expect(built.outputs["p5"]?.anchors?.at(-1)).toEqual([40, 80]);
    expect(built.notes?.[0]?.message).toContain("100.0 % of the training boxes");
    built.model.dispose();
    const crowds = { boxes: packBoxes([[crowd]]), sizes: Int32Array.of(64, 64) };
    await expect(buildDetector({ options, truth: crowds })).rejects.toThrow("no training box");
  });

  test("is refused without boxes; default anchors that fit badly are warned of", async () => {
    const none = { boxes: packBoxes([[]]), sizes: Int32Array.of(64, 64) };
    await expect(buildDetector({ options: { ...small, anchors: "auto" }, truth: none })).rejects.toThrow(
      "no training box",
    );
    const tiny = { boxes: boxesOf([1, 2]), sizes: Int32Array.of(64, 64, 64, 64) };
    const built = await buildDetector({ options: small, truth: tiny });
    expect(built.notes?.[0]).toMatchObject({ isWarning: true, message: expect.stringContaining("anchors: auto") });
    built.model.dispose();
  });
});
