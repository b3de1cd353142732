/** The folder that all rivals read: setup, initial weights and batches. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { layersModelFiles } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { buildStudent, loadBackend } from "./components.ts";
import { type BenchNetwork, type StepBatch, type StepSetup, training } from "./step-setup.ts";

const setupFile = "setup.json";
const pixelsFile = "pixels.u8";
const labelsFile = "labels.i32";
const teacherFile = "teacher-logits.f32";

/** Writes noise for images, labels and a teacher's answers, and the weights that kdflow starts a training with. */
export async function writeStepFiles(folder: string, network: BenchNetwork): Promise<StepSetup> {
  const { model } = await buildStudent(await loadBackend("cpu"), network);
  const setup: StepSetup = { ...network, ...training, parameters: countParameters(model).trainable };
  const files = await layersModelFiles(model);
  model.dispose();
  const samples = setup.batches * setup.batchSize;
  const rng = createRng(1, "bench");
  const pixels = Uint8Array.from({ length: samples * setup.side ** 2 * 3 }, () => rng.integer(256));
  const labels = Int32Array.from({ length: samples }, () => rng.integer(setup.classes));
  const teacherLogits = Float32Array.from({ length: samples * setup.classes }, () => 3 * rng.normal());
  const written = {
    ...files,
    [setupFile]: JSON.stringify(setup),
    [pixelsFile]: pixels,
    [labelsFile]: labels,
    [teacherFile]: teacherLogits,
  };
  for (const [name, content] of Object.entries(written)) await writeFile(join(folder, name), content);
  return setup;
}

export async function readSetup(folder: string): Promise<StepSetup> {
  return JSON.parse(await readFile(join(folder, setupFile), "utf8")) as StepSetup;
}

export async function readBatches(folder: string, setup: StepSetup): Promise<readonly StepBatch[]> {
  const { batches, batchSize, side, classes } = setup;
  const pixels = new Uint8Array(await bytesOf(folder, pixelsFile));
  const labels = new Int32Array(await bytesOf(folder, labelsFile));
  const teacherLogits = new Float32Array(await bytesOf(folder, teacherFile));
  return Array.from({ length: batches }, (_, i) => ({
    pixels: part(pixels, i, batchSize * side * side * 3),
    labels: part(labels, i, batchSize),
    teacherLogits: part(teacherLogits, i, batchSize * classes),
  }));
}

/** A buffer of its own: a small file's bytes may lie anywhere in Node's pool. */
export async function bytesOf(folder: string, name: string): Promise<ArrayBuffer> {
  return new Uint8Array(await readFile(join(folder, name))).buffer;
}

export function part<T extends Uint8Array | Int32Array | Float32Array>(values: T, index: number, size: number): T {
  return values.slice(index * size, (index + 1) * size) as T;
}
