import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { loadLayersModel } from "../../core/index.ts";
import { relativeError } from "../support/tolerances.ts";
import { buildNetwork, tf } from "../unit/networks/build-network.ts";

/** Real weights and photos, beside the repository or where $KDFLOW_TEST_DATA says. */
const data = process.env["KDFLOW_TEST_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
const folder = join(data, "classification");

/** Classes of CIFAR-10 in the order of its labels. */
const cifarClasses = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;
const batch = 250;

/** Pixels of all photos of a folder, uint8 `[photos, 32, 32, 3]`. */
async function photosOf(directory: string): Promise<Buffer> {
  const names = (await readdir(directory)).toSorted();
  const pixels = await Promise.all(names.map((name) => sharp(join(directory, name)).removeAlpha().raw().toBuffer()));
  return Buffer.concat(pixels);
}

/** Pixels of each photo of a folder, scaled to uint8 `[224, 224, 3]`. */
async function photosAt224(directory: string): Promise<readonly Buffer[]> {
  const names = (await readdir(directory)).toSorted();
  const scaled = (name: string) => sharp(join(directory, name)).resize(224, 224, { fit: "fill" }).removeAlpha();
  return Promise.all(names.map((name) => scaled(name).raw().toBuffer()));
}

async function countRight(model: LayersModel, photos: Buffer, label: number): Promise<number> {
  const size = 32 * 32 * 3;
  let right = 0;
  for (let at = 0; at < photos.length; at += batch * size) {
    const part = Float32Array.from(photos.subarray(at, at + batch * size));
    const found = tf.tidy(() => {
      const logits = model.predict(tf.tensor(part, [part.length / size, 32, 32, 3])) as Tensor;
      return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), label), "int32"));
    });
    right += Number((await found.data())[0]);
    found.dispose();
  }
  return right;
}

describe.skipIf(!existsSync(folder))("published weights (skipped without the shared data)", () => {
  test.each([
    [20, "resnet20-12fca82f.th", "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8", 81.0],
    [56, "resnet56-4bfd9763.th", "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367", 83.2],
  ] as const)("ResNet-%i for CIFAR-10 scores what it scores in PyTorch", async (depth, name, sha256, percent) => {
    const photos = await mkdtemp(join(tmpdir(), "kdflow-cifar-"));
    await promisify(execFile)("tar", [
      "-xzf",
      join(folder, "cifar10-jpeg", "cifar10-jpg.tar.gz"),
      "-C",
      photos,
      "test",
    ]);
    const weights = { path: join(folder, "resnet-cifar10-onnx", name), sha256 };
    const backbone = { use: "resnet", depth, shortcut: "pad" };
    const { model } = await buildNetwork({ backbone, size: 32, classes: 10, normalize: "imagenet", weights });

    let right = 0;
    for (const [label, className] of cifarClasses.entries()) {
      right += await countRight(model, await photosOf(join(photos, "test", className)), label);
    }

    expect(Math.abs(right / 100 - percent)).toBeLessThanOrEqual(0.3);
    model.dispose();
    await rm(photos, { recursive: true });
  });

  describe("MobileNetV1 0.75 of Keras", () => {
    const directory = join(folder, "mobilenetv1-0.75-imagenet-tfjs");
    const clothes = join(folder, "clothing-128", "test");
    const weights = {
      path: join(directory, "model.json"),
      sha256: "e123ff31dc2bf4d1bb7a95bca2196ba8ceb335fef6f0b3ccc87ea5613d434e20",
    };
    const backbone = { use: "mobilenet-v1", width: 0.75, padding: "same" };

    test("answers in kdflow's layers as it does by itself", async () => {
      const published = await loadLayersModel(tf, directory);
      const { model } = await buildNetwork({ backbone, size: 224, classes: 1000, weights });
      const [first] = await photosAt224(join(clothes, "dress"));

      const [found, expected] = tf.tidy(() => {
        const image = tf.tensor(Float32Array.from(first ?? []), [1, 224, 224, 3]);
        const logits = model.predict(image) as Tensor;
        return [tf.softmax(logits), published.predict(tf.sub(tf.div(image, 127.5), 1)) as Tensor];
      });

      expect(relativeError([...(await found.data())], [...(await expected.data())])).toBeLessThanOrEqual(1e-4);
      tf.dispose([found, expected]);
      model.dispose();
      published.dispose();
    });

    /** ImageNet has clog, cowboy boot, loafer, running shoe and sandal, and one word for t-shirts: jersey. */
    test.each([
      ["shoes", [502, 514, 630, 770, 774], 0.85],
      ["t-shirt", [610], 0.75],
    ] as const)("knows photos of %s", async (kind, classes, share) => {
      const { model } = await buildNetwork({ backbone, size: 224, classes: 1000, normalize: "signed", weights });
      const photos = await photosAt224(join(clothes, kind));

      const known = photos.filter((photo) => {
        const best = tf.tidy(() => {
          const logits = model.predict(tf.tensor(Float32Array.from(photo), [1, 224, 224, 3])) as Tensor;
          return tf.argMax(logits, 1).dataSync()[0];
        });
        return classes.some((each) => each === best);
      });

      expect(known.length / photos.length).toBeGreaterThanOrEqual(share);
      model.dispose();
    });
  });
});
