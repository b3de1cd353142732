import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import type { LoaderBenchOptions } from "./options.ts";

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

/** Trains a small network on the photos and notes what each epoch's time went into. */
export async function trainOnPhotos(
  photos: string,
  scratch: string,
  options: LoaderBenchOptions,
  say: (text: string) => void,
): Promise<EpochMeasure[]> {
  const file = join(scratch, "pipeline.yaml");
  await writeFile(file, pipelineOf(photos, options));
  const measures: EpochMeasure[] = [];
  let shares: Readonly<Record<string, unknown>> = {};
  let startedMs = 0;
  const session = await openSession({
    file,
    builtins: [builtins],
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
        const measure = measureOf(epoch, seconds, options.images / seconds, shares);
        measures.push(measure);
        say(`epoch ${epoch}: waiting ${(measure.waiting * 100).toFixed(1)} %, RSS ${measure.rssMib} MiB`);
      });
    },
  });
  const outcome = await session.run();
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
  photos: string,
  { inputSide, workers, cache, backbone, epochs, batchSize }: LoaderBenchOptions,
): string {
  const threads = workers === undefined ? "" : `, workers: ${workers}`;
  return `kdflow: 1
name: loader
stages:
  data: { use: image-folder, root: ${JSON.stringify(photos)}, validation: 0, test: 0, imageSize: ${inputSide}, cache: ${cache}${threads} }
  teacher:
    use: train
    network: { use: classifier, backbone: ${backbone} }
    epochs: ${epochs}
    batchSize: ${batchSize}
    optimizer: { use: sgd, learningRate: 0.05 }
`;
}
