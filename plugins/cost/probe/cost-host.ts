import type { Hooks, JsonSchema, Plugin } from "../../../core/index.ts";

/** What the preview of costs gets from the command line. */
export interface CostHost {
  readonly builtins: readonly Plugin[];
  /** Loads the pipeline file that is asked about. */
  open(request: SessionRequest): Promise<CostSession>;
}

export interface SessionRequest {
  /** `path=value`, beside what the command line sets. */
  readonly set?: readonly string[];
  /** The store; that of the command line unless given. */
  readonly storeDir?: string;
  /** In place of the host's. */
  readonly builtins?: readonly Plugin[];
  readonly observe?: (hooks: Hooks) => void;
  readonly signal?: AbortSignal;
}

/** A pipeline that can be planned and run. */
export interface CostSession {
  readonly pipeline: { readonly stages: readonly CostStage[] };
  plan(selection?: CostSelection): Promise<{ readonly stages: readonly PlannedCostStage[] }>;
  run(
    selection: CostSelection,
  ): Promise<{ readonly status: "ok" | "failed" | "interrupted"; readonly error?: unknown }>;
}

export interface CostSelection {
  readonly from?: string;
  readonly until?: string;
  readonly force?: readonly string[];
}

/** A stage as the pipeline says it, options completed. */
export interface CostStage {
  readonly name: string;
  readonly kind: string;
  readonly seeds: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly registered: { readonly schema: JsonSchema };
}

/** A line of a plan. */
export interface PlannedCostStage {
  readonly stage: string;
  readonly kind: string;
  readonly state: "run" | "reuse" | "depends";
  /** Stages that it takes, by port. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
}
