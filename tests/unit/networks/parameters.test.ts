import { describe, expect, test } from "vitest";
import { countMultiplyAdds, countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { buildNetwork } from "./build-network.ts";

describe("trainable parameters are those of the published networks", () => {
  test.each([
    [8, 10, 78_042],
    [14, 10, 175_258],
    [20, 10, 272_474],
    [32, 10, 466_906],
    [56, 10, 855_770],
    [8, 100, 83_892],
    [14, 100, 181_108],
    [20, 100, 278_324],
    [32, 100, 472_756],
    [56, 100, 861_620],
  ])("resnet of depth %i on %i classes", async (depth, classes, expected) => {
    const { model } = await buildNetwork({ backbone: { use: "resnet", depth }, size: 32, classes });

    expect(countParameters(model).trainable).toBe(expected);
    model.dispose();
  });

  test.each([
    [0.25, 470_072],
    [1, 4_231_976],
  ])("mobilenet-v1 of width %d on 1000 classes", async (width, expected) => {
    const { model } = await buildNetwork({ backbone: { use: "mobilenet-v1", width }, size: 224, classes: 1000 });

    expect(countParameters(model).trainable).toBe(expected);
    model.dispose();
  });

  test.each([
    [0.35, 1_677_128],
    [0.5, 1_968_680],
    [0.75, 2_636_424],
    [1, 3_504_872],
    [1.4, 6_108_776],
  ])("mobilenet-v2 of width %d on 1000 classes", async (width, expected) => {
    const { model } = await buildNetwork({ backbone: { use: "mobilenet-v2", width }, size: 224, classes: 1000 });

    expect(countParameters(model).trainable).toBe(expected);
    model.dispose();
  });

  test.each([
    [0.5, 1_366_792],
    [1, 2_278_604],
    [1.5, 3_503_624],
    [2, 7_393_996],
  ])("shufflenet-v2 of width %d on 1000 classes", async (width, expected) => {
    const { model } = await buildNetwork({ backbone: { use: "shufflenet-v2", width }, size: 224, classes: 1000 });

    expect(countParameters(model).trainable).toBe(expected);
    model.dispose();
  });

  test("running averages of batch norm count among all weights only", async () => {
    const { model } = await buildNetwork({ backbone: { use: "mobilenet-v2" }, size: 224, classes: 1000 });

    expect(countParameters(model)).toEqual({ trainable: 3_504_872, all: 3_504_872 + 34_112 });
    model.dispose();
    const narrow = await buildNetwork({ backbone: { use: "mobilenet-v1", width: 0.25 }, size: 224, classes: 1000 });

    expect(countParameters(narrow.model)).toEqual({ trainable: 470_072, all: 475_544 });
    narrow.model.dispose();
  });
});

describe("multiply-adds of one image", () => {
  test.each([
    ["mobilenet-v1", 224, 1000, 568.7], // the paper says 569
    ["mobilenet-v2", 224, 1000, 300.8],
    ["shufflenet-v2", 224, 1000, 144.9], // the paper says 146, torchvision counts 0.145 G
    ["resnet", 32, 10, 40.8],
  ] as const)("%s at %i pixels on %i classes costs about %s million", async (use, size, classes, millions) => {
    const { model } = await buildNetwork({ backbone: { use }, size, classes });

    expect(countMultiplyAdds(model) / 1e6).toBeCloseTo(millions, 1);
    model.dispose();
  });

  test("a convolution costs its kernel at every output position, a dense layer its kernel once", async () => {
    const { model } = await buildNetwork({ backbone: { use: "resnet", depth: 8 }, size: 8, classes: 10 });
    const stem = 3 * 3 * 3 * 16 * 8 * 8;
    const stage1 = 2 * (3 * 3 * 16 * 16) * 8 * 8;
    const stage2 = (3 * 3 * 16 * 32 + 3 * 3 * 32 * 32 + 16 * 32) * 4 * 4;
    const stage3 = (3 * 3 * 32 * 64 + 3 * 3 * 64 * 64 + 32 * 64) * 2 * 2;

    expect(countMultiplyAdds(model)).toBe(stem + stage1 + stage2 + stage3 + 64 * 10);
    model.dispose();
  });
});
