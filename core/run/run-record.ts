import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { ResolvedPipeline } from "../config/pipeline.ts";
import type { KindName } from "../contracts/kinds.ts";
import type { KeyParts } from "../plan/keys.ts";
import type { Hooks, PlanState } from "../plugins/hooks.ts";
import { eventLine } from "../report/event-line.ts";
import { reportAsEvents } from "../report/ndjson.ts";
import { replaceFile } from "../store/durable.ts";
import type { StoreLayout } from "../store/layout.ts";

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
  readonly pipeline: string;
  readonly file: string;
  readonly command: readonly string[];
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** `running` is also what a killed run leaves. */
  readonly status: "running" | "ok" | "failed" | "interrupted";
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
  await mkdir(directory, { recursive: true });
  await replaceFile(layout, join(directory, "resolved.yaml"), stringify(pipeline.record));
  let record: RunRecord = {
    version: 1,
    runId,
    pipeline: pipeline.name,
    file: pipeline.file,
    command: process.argv.slice(2),
    startedAt: startedAt.toISOString(),
    endedAt: null,
    status: "running",
    ...facts,
    stages: [],
    metrics: {},
    error: null,
  };
  const write = (): Promise<void> =>
    replaceFile(layout, join(directory, "run.json"), `${JSON.stringify(record, null, 2)}\n`);
  const events = eventLog(join(directory, "events.ndjson"));
  reportAsEvents(hooks, events.add);
  await write();
  return {
    runId,
    directory,
    startedAtMs: startedAt.getTime(),
    async stage(entry) {
      record = { ...record, stages: [...record.stages, entry] };
      await write();
      await events.flush();
    },
    async finish(end) {
      record = { ...record, ...end, endedAt: new Date().toISOString() };
      await replaceFile(layout, join(directory, "metrics.json"), `${JSON.stringify(end.metrics, null, 2)}\n`);
      await write();
      await events.flush();
      return record;
    },
  };
}

/** Collects events and appends them in order; progress is left out, being of no use afterwards. */
function eventLog(path: string): { add(name: string, data: object): void; flush(): Promise<void> } {
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
      lines.push(eventLine(name, data));
    },
    flush,
  };
}

/** All runs of a store, newest first; folders that hold no readable record are passed over. */
export async function listRuns(root: string): Promise<readonly RunRecord[]> {
  const names = await readdir(join(root, "runs")).catch(() => []);
  const records = await Promise.all(names.map((name) => readRun(root, name)));
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : a.runId < b.runId ? 1 : -1));
}

async function readRun(root: string, runId: string): Promise<RunRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(root, "runs", runId, "run.json"), "utf8")) as RunRecord;
  } catch {
    return undefined;
  }
}

/** The pipeline of a run as it was resolved, or `undefined` where its folder does not hold it. */
export async function readResolved(root: string, runId: string): Promise<unknown> {
  try {
    return parse(await readFile(join(root, "runs", runId, "resolved.yaml"), "utf8"));
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
