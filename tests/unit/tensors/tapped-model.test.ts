/** Features of a network that was trained, from its files. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { loadPredictor } from "../../../core/index.ts";
import { layersModelFiles } from "../../../core/tensors/layers-model-files.ts";
import { tapOutputs, writeTaps } from "../../../core/tensors/tapped-model.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { backend, buildNetwork, tf } from "../networks/build-network.ts";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const count = 3;
const pixels = Uint8Array.from({ length: count * 32 * 32 * 3 }, (_, at) => (at * 7) % 251);

test.each(["resnet", "mobilenet-v1", "mobilenet-v2", "shufflenet-v2"] as const)(
  "every tap of %s gives what the network itself has there",
  async (use) => {
    const options = use === "resnet" ? { depth: 8 } : { width: 0.5 };
    const built = await buildNetwork({ backbone: { use, ...options }, size: 32, classes: 5 });
    const folder = await mkdtemp(join(tmpdir(), "kdflow-taps-"));
    const before = tf.memory().numTensors;
    const files = await layersModelFiles(built.model);
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const taps = await writeTaps(tf, folder, built, files["model.json"] ?? new Uint8Array());
    expect(taps).toEqual(tapOutputs(built));
    expect(Object.keys(taps)).toEqual(Object.keys(built.taps));
    expect(tf.memory().numTensors).toBe(before);

    const outputs = { logits: { kind: "softmax-logits", shape: [5] } };
    const predictor = await loadPredictor(backend, silent, folder, () => outputs, taps);
    const names = ["logits", ...Object.keys(taps).filter((name) => name !== "logits")];
    const answers = await predictor.predict(pixels, count, names);
    expect(Object.keys(answers)).toEqual(names);
    const expected = new Map<number, ArrayLike<number>>();
    tf.tidy(() => {
      const places = [...new Set(names.map((name) => built.taps[name]?.tensor))].filter((place) => place !== undefined);
      const network = tf.model({ inputs: built.model.inputs, outputs: places });
      const given = [network.apply(tf.tensor4d(pixels, [count, 32, 32, 3], "float32"))].flat() as Tensor[];
      for (const [at, place] of places.entries()) expected.set(place.id, given[at]?.dataSync() ?? []);
    });
    for (const name of names) {
      const values = expected.get(built.taps[name]?.tensor.id ?? -1) ?? [];
      expect(answers[name]).toHaveLength(count * (taps[name]?.shape ?? [5]).reduce((size, side) => size * side, 1));
      expect(relativeError(answers[name] ?? [], values), name).toBeLessThanOrEqual(tolerances.value);
    }
    expect(Object.keys(await predictor.predict(pixels, count))).toEqual(["logits"]);
    predictor.dispose();
    built.model.dispose();
    await rm(folder, { recursive: true });
  },
);
