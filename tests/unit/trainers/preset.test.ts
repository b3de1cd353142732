import { expect, test } from "vitest";
import { createRegistry } from "../../../core/plugins/create-registry.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";
import { builtins } from "../../../plugins/index.ts";
import { briefProblems, load, stageOf } from "../config/pipeline-files.ts";

const extra = {
  createRegistry: () => createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." }),
};
const pipeline = (train: string): string => `kdflow: 1
name: detector
stages:
  data: { use: voc, root: photos }
  student: { use: yolo, imageSize: 64, backbone: { use: shufflenet-v2, stem: imagenet } }
  loss: { yolov7: 1 }
  train: ${train}
`;
const optionsOf = async (train: string): Promise<unknown> =>
  stageOf(await load(pipeline(train), extra), "train").options;

test("preset: yolov7-tiny is what the family is trained with, its rate and decay for means over 16 images", async () => {
  expect(await optionsOf("{ preset: yolov7-tiny, epochs: 100 }")).toEqual({
    preset: "yolov7-tiny",
    epochs: 100,
    batchSize: 16,
    // a sum over 16 images at 0.01 is a mean at 16 · 0.01
    // published decay 0.0005 · 16 / 64 at 0.01: as much of a weight is taken by 0.16 · decay
    optimizer: {
      use: "sgd",
      learningRate: 16 * 0.01,
      momentum: 0.937,
      nesterov: true,
      weightDecay: (0.01 * 0.0005 * 16) / 64 / 0.16,
    },
    schedule: { use: "cosine", final: 0.01 },
    warmUp: { epochs: 3, biasRate: 0.1 / 0.01, momentum: 0.8 },
    ema: { decay: 0.9999, ramp: "exponential", warmUp: true },
    sampling: "once",
    checkpointMinutes: 5,
  });
});

test("each of its options may be given otherwise, as a whole, and none is left without a preset", async () => {
  const given = await optionsOf("{ preset: yolov7-tiny, epochs: 100, batchSize: 8, optimizer: adam, ema: {} }");
  expect(given).toMatchObject({
    batchSize: 8,
    optimizer: { use: "adam", learningRate: 0.001 },
    ema: { decay: 0.999, warmUp: true },
    warmUp: { epochs: 3 },
  });
  expect(given).not.toHaveProperty("ema.ramp");
  const plain = await optionsOf("{ epochs: 100 }");
  expect(plain).toMatchObject({ batchSize: 128, optimizer: { use: "sgd", learningRate: 0.05 } });
  expect(plain).not.toHaveProperty("warmUp");
});

test("an unknown preset is named with those that there are", async () => {
  const problems = await briefProblems(pipeline("{ preset: yolov7, epochs: 1 }"), extra);
  expect(problems.join("\n")).toContain("preset");
});
