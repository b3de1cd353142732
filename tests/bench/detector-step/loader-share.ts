/** How much of its time a detector's training waits for photos from disk. */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createRng } from "../../../core/tensors/rng.ts";
import { percent, settled } from "../loader/report.ts";
import { classCount, writeSyntheticPhotos } from "../loader/synthetic-photos.ts";
import { type EpochMeasure, watchTraining } from "../loader/watch-training.ts";
import { markdownTable } from "../markdown-table.ts";
import { median } from "../statistics.ts";
import type { BenchDetector } from "./detector-setup.ts";

/** One training on photos. */
export interface LoaderShare {
  readonly title: string;
  readonly augment: readonly string[];
  readonly epochs: readonly EpochMeasure[];
}

/** Views that are trained on: a photo each, and four photos each. */
const augmentations = [["flip"], ["mosaic", "scale-translate", "hsv-jitter", "flip"]] as const;
/** Side of the photos on disk. */
const photoSide = 480;
const batchesPerEpoch = 30;
const epochs = 3;

/** Trains on synthetic JPEGs with boxes, once for each list of augmentations. */
export async function measureWaiting(
  detector: BenchDetector,
  folder: string,
  say: (text: string) => void,
): Promise<LoaderShare[]> {
  const images = batchesPerEpoch * detector.batchSize;
  await writePhotos(folder, images);
  const shares: LoaderShare[] = [];
  for (const augment of augmentations) {
    const file = join(folder, "pipeline.yaml");
    await writeFile(file, pipelineOf(detector, augment));
    const title = `${detector.title}, ${augment.join(", ")}`;
    const storeDir = join(folder, "store");
    const measured = await watchTraining({ file, storeDir, stage: "train", images, title, say });
    shares.push({ title: detector.title, augment, epochs: measured });
  }
  return shares;
}

/** Waiting by training, a median of all epochs but the first. */
export function waitingMarkdown(shares: readonly LoaderShare[]): string {
  const rows = shares.map(({ title, augment, epochs: all }) => {
    const later = settled(all);
    const middle = (of: (epoch: EpochMeasure) => number): number => median(later.map(of));
    return [
      title,
      augment.join(", "),
      middle(({ imagesPerSecond }) => imagesPerSecond).toFixed(0),
      percent(middle(({ waiting }) => waiting)),
      `${Math.max(...later.map(({ rssMib }) => rssMib))} MiB`,
    ];
  });
  const header = ["trained on photos", "views", "images/s", "waiting", "memory"];
  return `\n${markdownTable(header, rows).join("\n")}\n`;
}

/** Photos in `images`, and one to three boxes of each in `labels`. */
async function writePhotos(folder: string, count: number): Promise<void> {
  await writeSyntheticPhotos(join(folder, "images"), count, photoSide);
  const rng = createRng(1, "boxes");
  for (let number = 0; number < count; number++) {
    const label = number % classCount;
    const lines = Array.from({ length: 1 + rng.integer(3) }, () => {
      const [width, height] = [0.1 + 0.4 * rng.uniform(), 0.1 + 0.4 * rng.uniform()];
      const [x, y] = [width / 2 + (1 - width) * rng.uniform(), height / 2 + (1 - height) * rng.uniform()];
      return [label, ...[x, y, width, height].map((share) => share.toFixed(5))].join(" ");
    });
    const file = join(folder, "labels", `class-${label}`, `${number}.txt`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${lines.join("\n")}\n`);
  }
  const names = Array.from({ length: classCount }, (_, label) => `class-${label}`);
  await writeFile(join(folder, "data.yaml"), `names: [${names.join(", ")}]\ntrain: images\n`);
}

function pipelineOf(detector: BenchDetector, augment: readonly string[]): string {
  const { backbone, neckWidth, side, batchSize } = detector;
  return `kdflow: 1
name: detector-loader
stages:
  data: { use: yolo, root: ., validation: 0, augment: [${augment.join(", ")}] }
  student:
    use: yolo
    imageSize: ${side}
    backbone: ${JSON.stringify(backbone)}
    neck: { use: yolov7-tiny, width: ${neckWidth} }
  loss: { yolov7: { weight: 1, assign: anchor } }
  train: { epochs: ${epochs}, batchSize: ${batchSize}, optimizer: { use: sgd, learningRate: 0.001 } }
`;
}
