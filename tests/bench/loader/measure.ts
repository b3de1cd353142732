import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoaderBenchOptions } from "./options.ts";
import { benchPlugin } from "./photos-in-memory.ts";
import { type EpochMeasure, watchTraining } from "./watch-training.ts";

/** What is trained on. */
export interface TrainedOn {
  readonly photos: string;
  /** Decoded before the training begins: nothing but the step takes time then. */
  readonly inMemory: boolean;
  readonly images: number;
  /** Side of what the network sees. */
  readonly inputSide: number;
}

/** Trains a small network on the photos and notes what each epoch's time went into. */
export async function trainOnPhotos(
  trainedOn: TrainedOn,
  scratch: string,
  options: LoaderBenchOptions,
  say: (text: string) => void,
): Promise<EpochMeasure[]> {
  const { images, inputSide, inMemory } = trainedOn;
  const file = join(scratch, "pipeline.yaml");
  await writeFile(file, pipelineOf(trainedOn, options));
  const title = `${inputSide} px${inMemory ? ", in memory" : ""}`;
  const storeDir = join(scratch, "store");
  return watchTraining({ file, storeDir, stage: "teacher", images, title, plugins: [benchPlugin], say });
}

function pipelineOf(
  { photos, inMemory, images, inputSide }: TrainedOn,
  { workers, cache, backbone, epochs, batchSize }: LoaderBenchOptions,
): string {
  const data = inMemory
    ? `use: photos-in-memory, limit: ${images}`
    : `use: image-folder, validation: 0, test: 0, cache: ${cache}, workers: ${workers}`;
  return `kdflow: 1
name: loader
stages:
  data: { ${data}, root: ${JSON.stringify(photos)}, imageSize: ${inputSide} }
  teacher:
    use: train
    network: { use: classifier, backbone: ${backbone} }
    epochs: ${epochs}
    batchSize: ${batchSize}
    optimizer: { use: sgd, learningRate: 0.05 }
`;
}
