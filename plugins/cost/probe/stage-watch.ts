import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Hooks, KindName, Progress } from "../../../core/index.ts";

/** How far a stage was at a time; the label tells what it was at, such as the model that is scored. */
export type Sign = Pick<Progress, "unit" | "done" | "total"> & {
  readonly label?: string | undefined;
  readonly atMs: number;
};

/** What was seen of one stage while it ran. Times are milliseconds of one clock. */
export interface StageTimeline {
  readonly startMs: number;
  /** `undefined` where it was stopped. */
  readonly endMs: number | undefined;
  readonly progress: readonly Sign[];
  /** Ends of the steps and of the whole of each epoch, validation and saving among it. */
  readonly epochs: readonly { readonly stepsEndMs: number; readonly endMs: number }[];
  /** Bytes that the store grew by; 0 where it was stopped. */
  readonly bytes: number;
  /** Most memory that the process held meanwhile. */
  readonly peakMemoryBytes: number;
  /** What it said of the network that it built. */
  readonly notes: readonly string[];
}

interface OpenTimeline extends StageTimeline {
  endMs: number | undefined;
  stepsEndMs: number;
  readonly bytesBefore: number;
  bytes: number;
  peakMemoryBytes: number;
  readonly progress: Sign[];
  readonly notes: string[];
  readonly epochs: { stepsEndMs: number; endMs: number }[];
}

const kinds: Readonly<Record<KindName, true>> = {
  data: true,
  teacher: true,
  softLabels: true,
  student: true,
  loss: true,
  train: true,
  model: true,
  evaluate: true,
  export: true,
};

const msPerSample = 50;

/** Watches the stages of runs in one store, and keeps what it saw by stage; a stage that ran again counts anew. */
export class StageWatch {
  readonly timelines: Map<string, StageTimeline> = new Map();
  readonly #storeDir: string;
  readonly #open = new Map<string, OpenTimeline>();
  /** Told of every sign of life of a stage. */
  onProgress: ((stage: string, timeline: StageTimeline) => void) | undefined;

  constructor(storeDir: string) {
    this.#storeDir = storeDir;
  }

  readonly observe = (hooks: Hooks): void => {
    const tap = "kdflow:cost";
    for (const kind of Object.keys(kinds) as KindName[]) {
      hooks.stageStart.for(kind).tapPromise(tap, ({ stage }) => this.#start(stage));
      hooks.stageEnd.for(kind).tapPromise(tap, ({ stage }) => this.#end(stage));
    }
    hooks.progress.tap(tap, ({ stage, unit, label, done, total }) => {
      const timeline = this.#alive(stage);
      timeline?.progress.push({ unit, label, done, total, atMs: performance.now() });
      if (timeline !== undefined) this.onProgress?.(stage, timeline);
    });
    hooks.log.tap(tap, ({ stage, event, data }) => {
      const timeline = this.#alive(stage);
      if (event === "network" && typeof data["message"] === "string") timeline?.notes.push(data["message"]);
      if (timeline !== undefined && event === "timeShares") timeline.stepsEndMs = performance.now();
    });
    hooks.epochEnd.tap(tap, ({ stage }) => {
      const timeline = this.#alive(stage);
      timeline?.epochs.push({ stepsEndMs: timeline.stepsEndMs, endMs: performance.now() });
    });
  };

  /** Looks at the memory of stages while `work` runs. */
  async sampling<T>(work: () => Promise<T>): Promise<T> {
    const timer = setInterval(() => {
      for (const stage of this.#open.keys()) this.#alive(stage);
    }, msPerSample);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#open.clear();
    }
  }

  async #start(stage: string): Promise<void> {
    const bytesBefore = await bytesIn(this.#storeDir);
    const startMs = performance.now();
    const times = { startMs, endMs: undefined, stepsEndMs: startMs };
    const timeline = { ...times, progress: [], epochs: [], notes: [], bytesBefore, bytes: 0, peakMemoryBytes: 0 };
    this.#open.set(stage, timeline);
    this.timelines.set(stage, timeline);
  }

  async #end(stage: string): Promise<void> {
    const timeline = this.#alive(stage);
    if (timeline === undefined) return;
    timeline.endMs = performance.now();
    timeline.bytes = (await bytesIn(this.#storeDir)) - timeline.bytesBefore;
    this.#open.delete(stage);
  }

  #alive(stage: string): OpenTimeline | undefined {
    const timeline = this.#open.get(stage);
    if (timeline !== undefined) {
      timeline.peakMemoryBytes = Math.max(timeline.peakMemoryBytes, process.memoryUsage.rss());
    }
    return timeline;
  }
}

/** Results and the ends of trainings, which is what stays of a stage. */
async function bytesIn(storeDir: string): Promise<number> {
  let bytes = 0;
  for (const folder of ["store", "trajectories"]) {
    const entries = await readdir(join(storeDir, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
    }
  }
  return bytes;
}
