import type { MetricsRow } from "../contracts/artifacts.ts";
import { type Difference, differences } from "../plan/differences.ts";
import { changesBetween, type PartChange } from "../plan/reasons.ts";
import { isMetrics } from "../report/metrics-table.ts";
import type { RecordedStage, RunRecord } from "./run-record.ts";

/** One run with its pipeline as it was resolved, `undefined` where that is no longer there. */
export interface RecordedRun {
  readonly record: RunRecord;
  readonly resolved: unknown;
}

/** A value in both runs; `undefined` where one has none. */
export interface Pair<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** How the keys of a stage's result compare. `unknown`: the stage failed in one run before its key was known. */
export type KeyComparison = "same" | "different" | "only before" | "only after" | "unknown";

export interface StageDifference {
  readonly stage: string;
  readonly key: KeyComparison;
  /** Content of the results: equal keys may give other content, and other keys equal content. */
  readonly result: "same" | "different" | "unknown";
  readonly states: Pair<RecordedStage["state"]>;
  /** Why the keys differ. */
  readonly changes: readonly PartChange[];
  /** Of the stage's work; none where its result was reused. */
  readonly durationMs: Pair<number>;
}

export interface MetricDifference extends Pair<number> {
  readonly stage: string;
  readonly role: MetricsRow["role"];
  readonly metric: string;
  /** After minus before. */
  readonly difference: number | undefined;
}

/** What differs between two runs. */
export interface RunsDifference {
  /** Dotted paths of options as they are written in the resolved pipelines. */
  readonly options: readonly ({ readonly path: string } & Pair<unknown>)[];
  readonly stages: readonly StageDifference[];
  /** Every metric that either run has, equal ones too. */
  readonly metrics: readonly MetricDifference[];
  readonly durationMs: Pair<number>;
  readonly versions: readonly ({ readonly name: string } & Pair<string | number>)[];
}

/** Holds a run against another one. */
export function diffRuns(before: RecordedRun, after: RecordedRun): RunsDifference {
  const known = before.resolved !== undefined && after.resolved !== undefined;
  const options = known ? differences(before.resolved, after.resolved, (path) => path.length < 3) : [];
  return {
    options: options.map(pairAt).map(({ name, ...pair }) => ({ path: name, ...pair })),
    stages: stagesOf(before.record, after.record),
    metrics: metricsOf(before.record, after.record),
    durationMs: { before: durationOf(before.record), after: durationOf(after.record) },
    versions: differences(versionsOf(before.record), versionsOf(after.record)).map(
      pairAt,
    ) as RunsDifference["versions"],
  };
}

function pairAt({ path, before, now }: Difference): { readonly name: string } & Pair<unknown> {
  return { name: path.join("."), before, after: now };
}

function versionsOf({ versions, backend }: RunRecord): Readonly<Record<string, string | number>> {
  return { ...versions, backend };
}

function durationOf({ startedAt, endedAt }: RunRecord): number | undefined {
  return endedAt === null ? undefined : Date.parse(endedAt) - Date.parse(startedAt);
}

function stagesOf(before: RunRecord, after: RunRecord): readonly StageDifference[] {
  const names = [...new Set([...after.stages, ...before.stages].map(({ stage }) => stage))];
  const stageOf = (run: RunRecord, name: string): RecordedStage | undefined =>
    run.stages.findLast(({ stage }) => stage === name);
  return names.map((name) => stageDifference(name, stageOf(before, name), stageOf(after, name)));
}

function stageDifference(
  stage: string,
  before: RecordedStage | undefined,
  after: RecordedStage | undefined,
): StageDifference {
  const changes =
    before?.parts !== undefined && after?.parts !== undefined ? changesBetween(before.parts, after.parts) : [];
  return {
    stage,
    key: comparison(before, after),
    result: contentOf(before?.digest, after?.digest),
    states: { before: before?.state, after: after?.state },
    changes,
    durationMs: { before: workOf(before), after: workOf(after) },
  };
}

function comparison(before: RecordedStage | undefined, after: RecordedStage | undefined): KeyComparison {
  if (before === undefined) return "only after";
  if (after === undefined) return "only before";
  if (before.key === undefined || after.key === undefined) return "unknown";
  return before.key === after.key ? "same" : "different";
}

function contentOf(before: string | undefined, after: string | undefined): StageDifference["result"] {
  if (before === undefined || after === undefined) return "unknown";
  return before === after ? "same" : "different";
}

function workOf(stage: RecordedStage | undefined): number | undefined {
  return stage === undefined || stage.state === "reuse" ? undefined : stage.durationMs;
}

function metricsOf(before: RunRecord, after: RunRecord): readonly MetricDifference[] {
  const was = meansOf(before);
  const is = meansOf(after);
  return [...new Map([...was, ...is])].map(([id, { stage, role, metric }]) => {
    const first = was.get(id)?.mean;
    const second = is.get(id)?.mean;
    const difference = first === undefined || second === undefined ? undefined : second - first;
    return { stage, role, metric, before: first, after: second, difference };
  });
}

interface Mean {
  readonly stage: string;
  readonly role: MetricsRow["role"];
  readonly metric: string;
  readonly mean: number;
}

/** The means of all evaluations by stage, role and metric; not finite ones are kept nowhere in a record. */
function meansOf({ metrics }: RunRecord): ReadonlyMap<string, Mean> {
  const means = new Map<string, Mean>();
  for (const [stage, value] of Object.entries(metrics)) {
    for (const { role, metrics: row } of isMetrics(value) ? value.rows : []) {
      for (const [metric, { mean }] of Object.entries(row)) {
        const id = JSON.stringify([stage, role, metric]);
        if (typeof mean === "number" && !means.has(id)) means.set(id, { stage, role, metric, mean });
      }
    }
  }
  return means;
}
