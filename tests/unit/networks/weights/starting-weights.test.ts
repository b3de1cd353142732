/** Weights at a backbone, at a detector, and what is said of their pixels. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BuiltNetwork } from "../../../../core/index.ts";
import { layerPatterns } from "../../../../plugins/trainers/start/layer-patterns.ts";
import { drawn, drawnWeight } from "../../../support/drawn-weights.ts";
import { safetensorsBytes } from "../../../support/safetensors-bytes.ts";
import { relativeError } from "../../../support/tolerances.ts";
import { buildDetector } from "../build-detector.ts";
import { buildNetwork, tf } from "../build-network.ts";
import { golden, stateDict } from "./published-golden.ts";

const shuffle = { use: "shufflenet-v2", width: 0.5, stem: "imagenet" };
const published = "torchvision-shufflenet_v2_x0_5";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kdflow-weights-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function fileOf(name: string, change = (_tensors: ReturnType<typeof stateDict>): void => {}) {
  const tensors = stateDict(await golden(name));
  change(tensors);
  const bytes = safetensorsBytes(tensors);
  const path = join(directory, "weights.safetensors");
  await writeFile(path, bytes);
  return { path, sha256: createHash("sha256").update(bytes).digest("hex"), skip: [], map: {} };
}

/** What is said of weights that do not fit, beside what every detector says of itself. */
function warningsOf({ notes = [] }: BuiltNetwork): readonly string[] {
  return notes.filter(({ isWarning }) => isWarning).map(({ message }) => message);
}

function valuesOf(model: LayersModel, layer: string, place = 0): Float32Array {
  return model.getLayer(layer).getWeights()[place]?.dataSync() as Float32Array;
}

test("YOLOv7-tiny with the weights of its training form answers as it", async () => {
  const expected = await golden("yolov7-tiny");
  const { height, width } = expected;
  const weights = await fileOf("yolov7-tiny");
  const built = await buildDetector({ use: "yolov7-tiny", options: { weights }, size: [height, width], classes: 2 });
  const pixels = drawn("pixels", height * width * 3).map((u) => Math.floor(u * 256));

  const answers = tf.tidy(() => {
    const input = tf.tensor(Float32Array.from(pixels), [1, height, width, 3]);
    return (built.model.predict(input) as Tensor[]).map((cells) => Array.from(cells.dataSync()));
  });

  let from = 0;
  for (const answer of answers) {
    const own = expected.logits.slice(from, from + answer.length);
    expect(relativeError(answer, own)).toBeLessThanOrEqual(1e-4);
    from += answer.length;
  }
  expect(from).toBe(expected.logits.length);
  expect(warningsOf(built)).toEqual([]);
  built.model.dispose();
});

describe("weights at a backbone", () => {
  test("of a classifier leave its classes to the seed, whatever classes the file has", async () => {
    const backbone = { ...shuffle, weights: await fileOf(published) };
    const { model } = await buildNetwork({ backbone, size: 72, classes: 7, normalize: "imagenet" });

    expect(valuesOf(model, "last/norm", 1)).toEqual(drawnWeight("conv5.1.bias", [1024]));
    expect(model.getLayer("logits").getWeights()[0]?.shape).toEqual([1024, 7]);
    expect(Math.max(...valuesOf(model, "logits"))).toBeLessThan(0.1);
    model.dispose();
  });

  test("of a detector leave neck and head to the seed, and what it does not use of the backbone", async () => {
    const backbone = { ...shuffle, weights: await fileOf(published) };
    const options = { backbone, neck: { use: "pan-lite", width: 0.25 }, normalize: "imagenet" };
    const [started, seeded] = [
      await buildDetector({ options, classes: 3 }),
      await buildDetector({ options: { ...options, backbone: shuffle }, classes: 3 }),
    ];

    expect(valuesOf(started.model, "stem/norm", 1)).toEqual(drawnWeight("conv1.1.bias", [24]));
    expect(valuesOf(started.model, "neck/p3/point/conv")).toEqual(valuesOf(seeded.model, "neck/p3/point/conv"));
    expect(valuesOf(started.model, "head/p3/conv")).toEqual(valuesOf(seeded.model, "head/p3/conv"));
    expect(warningsOf(started)).toEqual([]);
    for (const { model } of [started, seeded]) model.dispose();
  });

  test("are as strict as those at a network about the backbone's own layers", async () => {
    const weights = await fileOf(published, (tensors) => {
      tensors.delete("stage2.0.branch2.0.weight");
      tensors.set("stage9.extra", { shape: [1], values: Float32Array.of(1) });
    });
    const building = buildNetwork({ backbone: { ...shuffle, weights }, size: 72, classes: 7 });

    await expect(building).rejects.toMatchObject({
      code: "KDF_TRAIN_WEIGHTS",
      hint: expect.arrayContaining(['"stage9.extra" has no place in the network']),
    });
  });
});

describe("a warning tells of pixels that are scaled otherwise than for the weights", () => {
  const notesOf = async (normalize: NonNullable<Parameters<typeof buildNetwork>[0]["normalize"]>) => {
    const backbone = { ...shuffle, weights: await fileOf(published) };
    const { model, notes = [] } = await buildNetwork({ backbone, size: 72, classes: 7, normalize });
    model.dispose();
    return notes.map(({ message, isWarning }) => [isWarning, message.slice(message.indexOf("say "))]);
  };

  test("where they are", async () => {
    expect(await notesOf("signed")).toEqual([[true, "say `normalize: imagenet` unless yours are of another training"]]);
  });

  test("not where the same numbers are written out", async () => {
    expect(await notesOf({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] })).toEqual([]);
    expect(await notesOf("imagenet")).toEqual([]);
  });
});

test("`freeze: [backbone]` names all of a detector that is neither neck nor head", async () => {
  const options = { backbone: shuffle, neck: { use: "pan-lite", width: 0.25 } };
  const built = await buildDetector({ options, classes: 3 });
  const frozen = [...layerPatterns(built, [])("backbone", "freeze")];
  const all = built.model.layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name);

  expect(frozen).toEqual(all.filter((name) => /^(stem|stage\d)\//u.test(name)));
  expect(frozen.length).toBeGreaterThan(50);
  built.model.dispose();
});
