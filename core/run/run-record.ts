import { randomBytes } from "node:crypto";
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { ResolvedPipeline } from "../config/pipeline.ts";
import type { KindName } from "../contracts/kinds.ts";
import type { KeyParts } from "../plan/keys.ts";
import type { Hooks, PlanState } from "../plugins/hooks.ts";
import { eventLine } from "../report/event-line.ts";
import { withNaN } from "../report/metrics-table.ts";
import { reportAsEvents } from "../report/ndjson.ts";
import { isErrno, onDisk } from "../store/disk-errors.ts";
import { namesIn, replaceFile } from "../store/durable.ts";
import type { StoreLayout } from "../store/layout.ts";
import { currentProcess, livenessOf, type ProcessIdentity } from "../store/process-identity.ts";
import { largestJson, readJsonFile, readRegularFile } from "../store/regular-file.ts";

export interface RecordedStage {
  readonly stage: string;
  readonly kind: KindName;
  readonly provider: string;
  readonly state: PlanState | "failed";
  readonly key: string | undefined;
  readonly digest: string | undefined;
  readonly durationMs: number;
  /** What the key was made from, declarations written out. */
  readonly parts: KeyParts | undefined;
}

/** `run.json`: what happened in one run. */
export interface RunRecord {
  readonly version: 1;
  readonly runId: string;
  /** Counts the runs of a store, from 1: later runs have larger numbers whatever the clock says. Absent in old ones. */
  readonly number?: number;
  readonly pipeline: string;
  readonly file: string;
  readonly command: readonly string[];
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Where a run was killed, its file says `running`; it is read as `interrupted` once its process is gone. */
  readonly status: "running" | "ok" | "failed" | "interrupted";
  /** The process of the run; absent in old records. */
  readonly process?: ProcessIdentity;
  readonly backend: string;
  readonly versions: Readonly<Record<string, string | number>>;
  readonly stages: readonly RecordedStage[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Writes a run's folder while it goes on: `run.json`, `resolved.yaml`, `events.ndjson` and, at the end, `metrics.json`. */
export interface RunRecorder {
  readonly runId: string;
  readonly directory: string;
  readonly startedAtMs: number;
  stage(entry: RecordedStage): Promise<void>;
  /** Writes the end of the run and returns the whole record. */
  finish(end: Pick<RunRecord, "status" | "metrics" | "error">): Promise<RunRecord>;
}

export async function startRunRecord(
  layout: StoreLayout,
  pipeline: ResolvedPipeline,
  hooks: Hooks,
  facts: Pick<RunRecord, "backend" | "versions">,
): Promise<RunRecorder> {
  const startedAt = new Date();
  const runId = `${startedAt.toISOString().replaceAll(/[-:]/g, "").slice(0, 15).replace("T", "-")}-${randomBytes(3).toString("hex")}`;
  const directory = join(layout.root, "runs", runId);
  const number = 1 + Math.max(0, ...(await listRuns(layout.root)).map((run) => run.number ?? 0));
  const onRunDisk = <T>(work: () => Promise<T>): Promise<T> => onDisk(layout.root, work);
  await onRunDisk(async () => {
    await mkdir(directory, { recursive: true });
    await replaceFile(layout, join(directory, "resolved.yaml"), stringify(pipeline.record));
  });
  let record: RunRecord = {
    version: 1,
    runId,
    number,
    pipeline: pipeline.name,
    file: pipeline.file,
    command: process.argv.slice(2),
    startedAt: startedAt.toISOString(),
    endedAt: null,
    status: "running",
    process: await currentProcess(),
    ...facts,
    stages: [],
    metrics: {},
    error: null,
  };
  const write = (): Promise<void> =>
    onRunDisk(() =>
      replaceFile(layout, join(directory, "run.json"), `${JSON.stringify(pipeline.hidden.data(record), null, 2)}\n`),
    );
  const events = eventLog(join(directory, "events.ndjson"), (text) => pipeline.hidden.text(text));
  reportAsEvents(hooks, events.add);
  await write();
  return {
    runId,
    directory,
    startedAtMs: startedAt.getTime(),
    async stage(entry) {
      record = { ...record, stages: [...record.stages, entry] };
      await write();
      await onRunDisk(events.flush);
    },
    async finish(end) {
      record = { ...record, ...end, endedAt: new Date().toISOString() };
      const metrics = `${JSON.stringify(end.metrics, null, 2)}\n`;
      await onRunDisk(() => replaceFile(layout, join(directory, "metrics.json"), metrics));
      await write();
      await onRunDisk(events.flush);
      return record;
    },
  };
}

/** Collects events and appends them in order; progress is left out, being of no use afterwards. */
function eventLog(
  path: string,
  hide: (text: string) => string,
): { add(name: string, data: object): void; flush(): Promise<void> } {
  let lines: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    if (lines.length === 0) return writing;
    const text = lines.join("");
    lines = [];
    writing = writing.then(() => appendFile(path, text));
    return writing;
  };
  return {
    add(name, data) {
      if (name === "progress") return;
      lines.push(hide(eventLine(name, data)));
    },
    flush,
  };
}

/** All runs of a store, newest first; folders that hold no readable record are passed over. */
export async function listRuns(root: string): Promise<readonly RunRecord[]> {
  return (await readRuns(root)).runs;
}

/** All runs of a store, newest first, and the ids of those whose record is there and cannot be read. */
export async function readRuns(
  root: string,
): Promise<{ readonly runs: readonly RunRecord[]; readonly unreadable: readonly string[] }> {
  const names = await namesIn(join(root, "runs"));
  const records: Awaited<ReturnType<typeof readRun>>[] = [];
  for (const name of names) records.push(await readRun(root, name)); // all at once would be too many open files
  const runs = records.filter((record) => typeof record === "object");
  const unreadable = names.filter((_, i) => records[i] === "unreadable");
  const orders = [
    (run: RunRecord) => run.number ?? 0,
    (run: RunRecord) => run.startedAt,
    (run: RunRecord) => run.runId,
  ];
  const later = (a: RunRecord, b: RunRecord): number =>
    orders.map((of) => (of(a) < of(b) ? 1 : of(a) > of(b) ? -1 : 0)).find((order) => order !== 0) ?? 0;
  return { runs: runs.toSorted(later), unreadable };
}

/** `undefined` where a folder holds no record: the run died before it wrote one, and used nothing. */
async function readRun(root: string, runId: string): Promise<RunRecord | "unreadable" | undefined> {
  try {
    const record = await readJsonFile(join(root, "runs", runId, "run.json"));
    if (!isRunRecord(record)) return "unreadable";
    const { status, process: maker } = record;
    const killed = status === "running" && maker && (await livenessOf(maker, await currentProcess())) === "dead";
    return { ...record, status: killed ? "interrupted" : status, metrics: withNaN(record.metrics) };
  } catch (error) {
    return isErrno(error, "ENOENT", "ENOTDIR") ? undefined : "unreadable";
  }
}

/** Whether a value has what lists and collections go by; early ones have no number. */
function isRunRecord(value: unknown): value is RunRecord {
  const {
    version,
    runId,
    number = 0,
    pipeline,
    file,
    startedAt,
    stages,
    command,
  } = (value ?? {}) as Partial<RunRecord>;
  return (
    version === 1 &&
    [runId, pipeline, file, startedAt].every((text) => typeof text === "string") &&
    typeof number === "number" &&
    Array.isArray(command) &&
    Array.isArray(stages) &&
    stages.every((stage: Partial<RecordedStage> | null) => typeof stage?.stage === "string")
  );
}

/** The pipeline of a run as it was resolved, or `undefined` where its folder does not hold it. */
export async function readResolved(root: string, runId: string): Promise<unknown> {
  try {
    return parse(String(await readRegularFile(join(root, "runs", runId, "resolved.yaml"), largestJson)));
  } catch {
    return undefined;
  }
}

/** The key parts that each stage had when the pipeline last ran it. */
export function lastPartsOf(runs: readonly RunRecord[], pipeline: string): ReadonlyMap<string, KeyParts> {
  const parts = new Map<string, KeyParts>();
  for (const run of runs) {
    if (run.pipeline !== pipeline) continue;
    for (const entry of run.stages) {
      if (entry.parts !== undefined && !parts.has(entry.stage)) parts.set(entry.stage, entry.parts);
    }
  }
  return parts;
}
