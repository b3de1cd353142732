import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import type { LoaderBenchOptions } from "./options.ts";
import { benchPlugin } from "./photos-in-memory.ts";

/** What one epoch of the training gave. */
export interface EpochMeasure {
  readonly epoch: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** Shares of the wall time of the epoch's steps. */
  readonly waiting: number;
  readonly step: number;
  readonly reading: number;
  readonly rest: number;
  /** Resident memory of the whole process at the end of the epoch. */
  readonly rssMib: number;
  readonly load: number;
}

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
  const measures: EpochMeasure[] = [];
  let shares: Readonly<Record<string, unknown>> = {};
  let startedMs = 0;
  const session = await openSession({
    file,
    builtins: [builtins, benchPlugin],
    storeDir: join(scratch, "store"),
    observe: (hooks) => {
      hooks.stageStart.for("teacher").tapPromise("bench", async () => {
        startedMs = performance.now();
      });
      hooks.log.tap("bench", ({ event, data }) => {
        if (event === "timeShares") shares = data;
      });
      hooks.epochEnd.tap("bench", ({ epoch }) => {
        const seconds = (performance.now() - startedMs) / 1000;
        startedMs = performance.now();
        const measure = measureOf(epoch, seconds, images / seconds, shares);
        measures.push(measure);
        const what = `${inputSide} px${inMemory ? ", in memory" : ""}, epoch ${epoch}`;
        say(`${what}: waiting ${(measure.waiting * 100).toFixed(1)} %, RSS ${measure.rssMib} MiB`);
      });
    },
  });
  // photos in memory have the same content, so that the training on them would be reused
  const outcome = await session.run({ force: ["teacher"] });
  if (outcome.status !== "ok") throw outcome.error;
  return measures;
}

function measureOf(
  epoch: number,
  seconds: number,
  imagesPerSecond: number,
  shares: Readonly<Record<string, unknown>>,
): EpochMeasure {
  const share = (name: string): number => Number(shares[name] ?? Number.NaN);
  return {
    epoch,
    seconds,
    imagesPerSecond,
    waiting: share("waiting"),
    step: share("step"),
    reading: share("reading"),
    rest: share("rest"),
    rssMib: Math.round(process.memoryUsage.rss() / 2 ** 20),
    load: loadavg()[0] ?? Number.NaN,
  };
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
