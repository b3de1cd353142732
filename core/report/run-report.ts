import type { RunRecord } from "../run/run-record.ts";
import type { SeenRun } from "./seen-run.ts";
import type { TrainingCurve } from "./training-curve.ts";

/** What an `evaluate` stage had to reach, and whether it did. */
export interface Gate {
  /** The values of `require`, by metric. */
  readonly required: Readonly<Record<string, number>>;
  /** The message of the stage's failure, where it was not met. */
  readonly missed: string | undefined;
}

/** All that the report of a run shows. */
export interface RunReport {
  readonly record: RunRecord;
  readonly seen: SeenRun;
  /** The folder with the results of stages, each in one that is called by its key. */
  readonly artifacts?: string;
  readonly curves: readonly TrainingCurve[];
  readonly gates: ReadonlyMap<string, Gate>;
  /** The resolved pipeline, as in `resolved.yaml`. */
  readonly pipelineYaml: string;
  /** The text of the error that ended the run, as people see it in a terminal. */
  readonly errorText: string | undefined;
}
