/** The folder that all rivals of one detector read: setup, initial weights and batches. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { layersModelFiles } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { loadBackend } from "../step/components.ts";
import { bytesOf, part } from "../step/step-files.ts";
import {
  type Assignment,
  type BenchDetector,
  type DetectorBatch,
  type DetectorSetup,
  training,
} from "./detector-setup.ts";
import { buildDetector } from "./detector-training.ts";

const setupFile = "setup.json";
const pixelsFile = "pixels.u8";
const boxesFile = "boxes.f32";
/** Numbers of a box. */
const boxRow = 6;
/** Sides of a box in pixels, as shares of the image's. */
const boxSides = { least: 1 / 16, most: 3 / 4 };

/** Writes noise for images, seeded boxes, and the weights that kdflow starts a training with. */
export async function writeDetectorFiles(
  folder: string,
  detector: BenchDetector,
  assign: Assignment,
): Promise<DetectorSetup> {
  const { model } = await buildDetector(await loadBackend("cpu"), detector);
  const parameters = countParameters(model).trainable;
  const files = await layersModelFiles(model);
  model.dispose();
  const title = `${detector.title}, ${assign}`;
  const setup: DetectorSetup = { ...detector, ...training, id: `${detector.id}-${assign}`, title, assign, parameters };
  const { batches, batchSize, side } = setup;
  const rng = createRng(1, "bench");
  const pixels = Uint8Array.from({ length: batches * batchSize * side ** 2 * 3 }, () => rng.integer(256));
  const written = {
    ...files,
    [setupFile]: JSON.stringify(setup),
    [pixelsFile]: pixels,
    [boxesFile]: drawBoxes(setup, (limit) => rng.integer(limit)),
  };
  for (const [name, content] of Object.entries(written)) await writeFile(join(folder, name), content);
  return setup;
}

/** One to `mostBoxes` boxes of each image; corners are whole pixels, so that every language has the same middles. */
function drawBoxes(
  { batches, batchSize, side, classes, mostBoxes }: DetectorSetup,
  below: (limit: number) => number,
): Float32Array {
  const boxes = new Float32Array(batches * batchSize * mostBoxes * boxRow).fill(-1);
  const [least, most] = [boxSides.least * side, boxSides.most * side];
  for (let image = 0; image < batches * batchSize; image++) {
    const count = 1 + below(mostBoxes);
    for (let box = 0; box < count; box++) {
      const [width, height] = [least + below(most - least), least + below(most - least)];
      const [left, top] = [below(side - width), below(side - height)];
      const row = [below(classes), left, top, left + width, top + height, 1];
      boxes.set(row, (image * mostBoxes + box) * boxRow);
    }
  }
  return boxes;
}

export async function readSetup(folder: string): Promise<DetectorSetup> {
  return JSON.parse(await readFile(join(folder, setupFile), "utf8")) as DetectorSetup;
}

export async function readBatches(folder: string, setup: DetectorSetup): Promise<readonly DetectorBatch[]> {
  const { batches, batchSize, side, mostBoxes } = setup;
  const pixels = new Uint8Array(await bytesOf(folder, pixelsFile));
  const boxes = new Float32Array(await bytesOf(folder, boxesFile));
  return Array.from({ length: batches }, (_, i) => ({
    pixels: part(pixels, i, batchSize * side * side * 3),
    boxes: part(boxes, i, batchSize * mostBoxes * boxRow),
  }));
}
