import type { HiddenValues } from "../config/hidden-values.ts";
import type { ResolvedPipeline } from "../config/pipeline.ts";
import type { Plugin } from "../plugins/define.ts";
import type { HookEvents, Hooks } from "../plugins/hooks.ts";
import type { PreparedPipeline } from "./prepared-pipeline.ts";
import type { VerifiedStage } from "./verify-stages.ts";

export interface SessionOptions {
  /** Plugins that are there without being named; the command line passes kdflow's own. */
  readonly builtins: readonly Plugin[];
  /** Path of the pipeline file. */
  readonly file: string;
  /** A pipeline in place of what the file says, such as that of a run. */
  readonly text?: string;
  /** `--set` arguments, `path=value`. */
  readonly set?: readonly string[];
  /** The `.kdflow` folder; default: beside the pipeline file's project, in the working directory. */
  readonly storeDir?: string;
  /** `auto`, or a backend's id. */
  readonly backend?: string;
  readonly signal?: AbortSignal;
  /** Gets the values of environment variables, which whoever prints has to leave out. */
  readonly hidden?: HiddenValues;
  /** Called once the hooks exist, before anything is loaded; observers tap here. */
  readonly observe?: (hooks: Hooks) => void;
}

export interface Selection {
  readonly from?: string;
  readonly until?: string;
  /** Stages to compute again even if stored; `["*"]` for all. */
  readonly force?: readonly string[];
}

/** One line of a plan. */
export type PlannedStage = HookEvents["planned"]["stages"][number] & {
  /** Stages that it takes, by port. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
};

export interface PlanView {
  readonly pipeline: string;
  readonly backend: string;
  readonly stages: readonly PlannedStage[];
  readonly notes: readonly string[];
}

/** What `kdflow explain` shows. */
export interface Explanation {
  readonly stage: string;
  readonly key: string | undefined;
  /** The parts that the key is made from, as they are hashed. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Differences to the last run of a stage of that name; empty when equal, `undefined` when there was none. */
  readonly changes:
    | readonly { readonly path: string; readonly before: unknown; readonly now: unknown; readonly where?: string }[]
    | undefined;
}

export interface RunOutcome {
  readonly runId: string;
  readonly directory: string;
  readonly status: "ok" | "failed" | "interrupted";
  readonly metrics: Readonly<Record<string, unknown>>;
  /** Folders of the results of `export` stages that are done, by stage name; absolute. */
  readonly exports: Readonly<Record<string, string>>;
  /** The error that ended the run. */
  readonly error?: unknown;
}

/** A pipeline file loaded, validated and planned, ready to run. */
export interface Session {
  readonly pipeline: ResolvedPipeline;
  /** Checks wiring, classes and input files too, as `kdflow validate` does; opens no store. */
  check(): Promise<void>;
  /** Opens the store and chooses the backend; `plan`, `explain` and `run` do it by themselves. */
  prepare(): Promise<PreparedPipeline>;
  /** As `plan` sees it: writes nothing, and the store may be missing. */
  look(): Promise<PreparedPipeline>;
  plan(selection?: Selection): Promise<PlanView>;
  explain(stage: string): Promise<Explanation>;
  /** Never throws for a failing stage or start: the outcome says it. Throws for mistakes found before there is a run. */
  run(selection?: Selection): Promise<RunOutcome>;
  /** Computes samples of stored results again and compares, where their providers can. */
  verify(): Promise<readonly VerifiedStage[]>;
}
