import { loadavg } from "node:os";
import type { Plugin } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";

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

export interface WatchedTraining {
  /** The pipeline. */
  readonly file: string;
  readonly storeDir: string;
  /** The one that trains, whose result is never reused. */
  readonly stage: "teacher" | "train";
  /** Of an epoch. */
  readonly images: number;
  /** What is trained, in what is said. */
  readonly title: string;
  readonly plugins?: readonly Plugin[];
  say(text: string): void;
}

/** Runs a pipeline up to its training and notes what each epoch's time went into. */
export async function watchTraining(watched: WatchedTraining): Promise<EpochMeasure[]> {
  const { file, storeDir, stage, images, title, plugins = [], say } = watched;
  const measures: EpochMeasure[] = [];
  let shares: Readonly<Record<string, unknown>> = {};
  let startedMs = 0;
  const session = await openSession({
    file,
    builtins: [builtins, ...plugins],
    storeDir,
    observe: (hooks) => {
      hooks.stageStart.for(stage).tapPromise("bench", async () => {
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
        say(`${title}, epoch ${epoch}: waiting ${(measure.waiting * 100).toFixed(1)} %, RSS ${measure.rssMib} MiB`);
      });
    },
  });
  const outcome = await session.run({ until: stage, force: [stage] });
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
