import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PlanCost, type StageCost, totalCost } from "../estimate/cost-rows.ts";
import { estimateSeconds, type StageScale } from "../estimate/estimate-stage.ts";
import type { CostHost, CostSelection, CostSession, CostStage, PlannedCostStage } from "./cost-host.ts";
import { countedData, type DataCounts } from "./counted-data.ts";
import { hasOption, numberIn, probeEpochs, probeSettings } from "./probe-settings.ts";
import { type StageTimeline, StageWatch } from "./stage-watch.ts";

/** A stage that shows how far it is need not come to its end: after so long its rate is known. */
const msPerEvaluation = 3_000;

/**
 * Measures what a run would take: the data are read as the run reads them, everything else runs on a few batches of
 * them, with the real teacher and student on the chosen backend, in a store of its own that is removed.
 *
 * @throws what is wrong with the pipeline, and what the run of its first batches throws
 */
export async function planCost(host: CostHost, selection: CostSelection, signal: AbortSignal): Promise<PlanCost> {
  const startMs = performance.now();
  const { pipeline, plan } = await host.open({ signal });
  const { stages } = await plan(selection);
  const wanted = stages.filter(({ state }) => state !== "reuse");
  const seconds = (): number => (performance.now() - startMs) / 1000;
  if (wanted.length === 0) return totalCost(stages.map(stored), seconds());
  const storeDir = await mkdtemp(join(tmpdir(), "kdflow-cost-"));
  try {
    const probe = new Probe(host, storeDir, signal);
    await probe.readData(stages);
    await probe.runShort(pipeline.stages, wanted);
    const costs = stages.map((stage) =>
      stage.state === "reuse" ? stored(stage) : probe.costOf(stage, pipeline.stages, stages),
    );
    return totalCost(costs, seconds());
  } finally {
    await rm(storeDir, { recursive: true, force: true });
  }
}

function stored({ stage, kind, state }: PlannedCostStage): StageCost {
  return { stage, kind, state, seconds: 0, bytes: 0, peakMemoryBytes: 0 };
}

/** The stage that stands for all seeds of a training: `train` for `train.seed1`. */
function withoutSeed(name: string): string {
  return name.replace(/\.seed\d+/, "");
}

const isRoot = ({ kind, inputs }: PlannedCostStage): boolean => kind === "data" && Object.keys(inputs).length === 0;

class Probe {
  readonly #host: CostHost;
  readonly #storeDir: string;
  readonly #signal: AbortSignal;
  readonly #watch: StageWatch;
  /** What was seen of data that were read as a whole. */
  readonly #whole = new Map<string, StageTimeline>();
  readonly #counts = { whole: new Map<string, DataCounts>(), short: new Map<string, DataCounts>() };
  #planned: readonly PlannedCostStage[] = [];

  constructor(host: CostHost, storeDir: string, signal: AbortSignal) {
    this.#host = host;
    this.#storeDir = storeDir;
    this.#signal = signal;
    this.#watch = new StageWatch(storeDir);
  }

  /** Reads the data that come from outside, in full. */
  async readData(stages: readonly PlannedCostStage[]): Promise<void> {
    const session = await this.#open("whole", []);
    for (const stage of stages.filter(isRoot)) await this.#run(session, stage.stage);
    for (const [stage, timeline] of this.#watch.timelines) this.#whole.set(stage, timeline);
  }

  /** Runs the stages that are wanted, and what they need, on little data. */
  async runShort(stages: readonly CostStage[], wanted: readonly PlannedCostStage[]): Promise<void> {
    const set = probeSettings(stages, this.#counts.whole);
    for (const [stage, counts] of this.#counts.whole) this.#counts.short.set(stage, counts);
    const session = await this.#open("short", set);
    this.#planned = (await session.plan()).stages;
    const names = new Set(wanted.filter((stage) => !isRoot(stage)).map(({ stage }) => withoutSeed(stage)));
    for (const { stage, kind } of this.#planned) {
      if (!names.has(stage)) continue;
      if (kind === "evaluate") await this.#runPartly(stage, set);
      else if (this.#watch.timelines.get(stage)?.endMs === undefined) await this.#run(session, stage);
    }
  }

  /** What a stage of the whole pipeline takes. */
  costOf(planned: PlannedCostStage, stages: readonly CostStage[], plan: readonly PlannedCostStage[]): StageCost {
    const { stage, kind, state } = planned;
    const name = withoutSeed(stage);
    const timeline = isRoot(planned) ? this.#whole.get(name) : this.#watch.timelines.get(name);
    if (timeline === undefined) return stored(planned);
    const scale = isRoot(planned) ? atOnce : this.#scaleOf(planned, stages, plan);
    const grows = kind === "softLabels" || kind === "data" ? scale.samples : 1;
    return {
      stage,
      kind,
      state,
      seconds: estimateSeconds(timeline, scale),
      bytes: timeline.bytes * grows,
      peakMemoryBytes: timeline.peakMemoryBytes,
      ...(timeline.notes.length > 0 && { notes: timeline.notes }),
    };
  }

  #scaleOf(
    { stage, kind, inputs }: PlannedCostStage,
    stages: readonly CostStage[],
    plan: readonly PlannedCostStage[],
  ): StageScale {
    const own = stages.find(({ name }) => name === stage.split(".")[0] || name === stage);
    const isTraining = own !== undefined && (kind === "train" || kind === "teacher") && hasOption(own, "epochs");
    const split = kind === "evaluate" ? "test" : kind === "export" ? "validation" : "train";
    const short = this.#planned.find((other) => other.stage === withoutSeed(stage));
    const modelsIn = (all: PlannedCostStage["inputs"] = {}): number =>
      ["teacher", "model", "baseline"].reduce((sum, port) => sum + (all[port]?.length ?? 0), 0);
    return {
      samples: this.#ratio(inputs, split, plan),
      validation: this.#ratio(inputs, "validation", plan),
      models: kind === "evaluate" ? modelsIn(inputs) / Math.max(1, modelsIn(short?.inputs)) : 1,
      ...(isTraining && { training: lengthOf(own) }),
    };
  }

  /** Samples of the whole for each of the probe; of data that are made here, as many as of those they are made of. */
  #ratio(
    inputs: PlannedCostStage["inputs"],
    split: "train" | "validation" | "test",
    plan: readonly PlannedCostStage[],
  ): number {
    let [whole, short] = [0, 0];
    for (const name of inputs["data"] ?? []) {
      const [all, few] = [this.#counts.whole.get(name), this.#counts.short.get(name)];
      const made = plan.find(({ stage }) => stage === name)?.inputs;
      if (all === undefined || few === undefined) return made === undefined ? 1 : this.#ratio(made, split, plan);
      whole += all[split];
      short += few[split];
    }
    return short === 0 ? 1 : whole / short;
  }

  /** A stage that tells how far it is, stopped when that says enough. */
  async #runPartly(stage: string, set: readonly string[]): Promise<void> {
    const enough = new AbortController();
    this.#watch.onProgress = (alive, { startMs, progress }) => {
      if (alive === stage && progress.length > 2 && performance.now() - startMs > msPerEvaluation) enough.abort();
    };
    const session = await this.#open("short", set, AbortSignal.any([this.#signal, enough.signal]));
    await this.#run(session, stage, () => enough.signal.aborted);
    this.#watch.onProgress = undefined;
  }

  async #run(session: CostSession, until: string, mayStop: () => boolean = () => false): Promise<void> {
    const { status, error } = await this.#watch.sampling(() => session.run({ until }));
    this.#signal.throwIfAborted();
    // scores that do not reach what they should say nothing after a few steps
    const isDone = this.#watch.timelines.get(until)?.endMs !== undefined;
    if (status !== "ok" && !mayStop() && !isDone) throw error;
  }

  #open(part: "whole" | "short", set: readonly string[], signal: AbortSignal = this.#signal): Promise<CostSession> {
    const { builtins } = this.#host;
    return this.#host.open({
      set,
      signal,
      storeDir: this.#storeDir,
      builtins: countedData(builtins, (stage, counts) => this.#counts[part].set(stage, counts)),
      observe: this.#watch.observe,
    });
  }
}

const atOnce: StageScale = { samples: 1, validation: 1, models: 1 };

function lengthOf(stage: CostStage): NonNullable<StageScale["training"]> {
  return {
    epochs: numberIn(stage.options, "epochs") ?? 1,
    validateEvery: numberIn(stage.options, "validateEvery") ?? 1,
    probeValidateEvery: hasOption(stage, "validateEvery") ? probeEpochs : 1,
  };
}
