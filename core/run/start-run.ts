import type { Backend } from "../contracts/backend.ts";
import { type Chosen, choose } from "../plan/decide.ts";
import type { PlanNode } from "../plan/graph.ts";
import type { PreparedPipeline } from "./prepared-pipeline.ts";
import { type RunRecorder, startRunRecord } from "./run-record.ts";
import { type RunReporter, startRunReport } from "./run-report.ts";
import type { Selection } from "./session-types.ts";
import type { ContextParts } from "./stage-context.ts";
import { createStageValues, type StageValues } from "./stage-values.ts";

/** One run under way. */
export interface Run {
  readonly prepared: PreparedPipeline;
  readonly chosen: Chosen;
  readonly recorder: RunRecorder;
  readonly reporter: RunReporter;
  readonly parts: ContextParts;
  readonly values: StageValues;
  readonly loadBackend: () => Promise<void>;
  /** Content digests of the stages that are done. */
  readonly digests: Map<PlanNode, string>;
  /** Stages whose stored results are read, as far as the plan tells; hashed before. */
  readonly reads: Set<PlanNode>;
  readonly metrics: Record<string, unknown>;
  /** Folders of the results of `export` stages, by stage name. */
  readonly exports: Record<string, string>;
}

/** Makes the run's folder, so that whatever happens from here on is recorded. */
export async function startRun(prepared: PreparedPipeline, selection: Selection): Promise<Run> {
  const { pipeline, hooks, graph, store, backend, signal } = prepared;
  const chosen = choose(graph, selection);
  const fileDigest = (path: string): Promise<string> => store.fileDigest(path);
  let loaded: Promise<Backend> | undefined;
  let ready: Backend | undefined;
  const loadBackend = async (): Promise<void> => {
    loaded ??= backend.load();
    ready = await loaded;
  };
  const parts: ContextParts = { pipeline, hooks, signal, fileDigest, backend: () => ready };
  const plugins = Object.fromEntries(pipeline.registry.plugins.map(({ name, version }) => [name, version]));
  const versions = { ...plugins, node: process.version, ...backend.details };
  const recorder = await startRunRecord(store.layout, pipeline, hooks, { backend: backend.id, versions });
  const reporter = startRunReport(store.layout, pipeline, hooks);
  const values = createStageValues(store, parts, loadBackend);
  const results = { digests: new Map<PlanNode, string>(), reads: new Set<PlanNode>(), metrics: {}, exports: {} };
  return { prepared, chosen, recorder, reporter, parts, values, loadBackend, ...results };
}
