import { toJson } from "../errors/format.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { type Chosen, choose, type Decision, decide } from "../plan/decide.ts";
import type { PlanNode } from "../plan/graph.ts";
import { explainedParts } from "../plan/reasons.ts";
import type { StageEvent } from "../plugins/hooks.ts";
import type { Options, StageProvider } from "../plugins/provider.ts";
import type { TrainingCurve } from "../report/html/training-curve.ts";
import type { Backend } from "../tensors/backend.ts";
import { planContext } from "./plan-context.ts";
import type { PreparedPipeline } from "./prepared-pipeline.ts";
import { type RunRecorder, startRunRecord } from "./run-record.ts";
import { type RunReporter, startRunReport } from "./run-report.ts";
import { runStage } from "./run-stage.ts";
import type { RunOutcome, Selection } from "./session-types.ts";
import { type ContextParts, stageContext } from "./stage-context.ts";
import { createStageValues, type StageValues } from "./stage-values.ts";
import { trainingCurves } from "./training-curves.ts";

/** One run under way. */
interface Run {
  readonly prepared: PreparedPipeline;
  readonly chosen: Chosen;
  readonly recorder: RunRecorder;
  readonly reporter: RunReporter;
  readonly parts: ContextParts;
  readonly values: StageValues;
  readonly loadBackend: () => Promise<void>;
  /** Content digests of the stages that are done. */
  readonly digests: Map<PlanNode, string>;
  readonly metrics: Record<string, unknown>;
}

/**
 * Runs the chosen stages one after the other, each after its inputs, reusing what the store has. Ends with `runEnd`,
 * whatever happened; a failing stage does not throw but is the outcome.
 */
export async function runPipeline(prepared: PreparedPipeline, selection: Selection): Promise<RunOutcome> {
  const using = await prepared.store.use({ signal: prepared.signal });
  try {
    return await runStages(await startRun(prepared, selection));
  } finally {
    await prepared.store.close();
    await using.release();
  }
}

async function runStages(run: Run): Promise<RunOutcome> {
  const { prepared, recorder, metrics } = run;
  const outcome = { runId: recorder.runId, directory: recorder.directory, metrics };
  let stage: PlanNode | undefined;
  try {
    for (stage of run.chosen.nodes) await passStage(run, stage).catch(pointAt(stage));
    stage = undefined;
    await endRun(run, "ok", undefined, undefined);
    return { ...outcome, status: "ok" };
  } catch (error) {
    const interrupted = prepared.signal.aborted;
    const reason = interrupted ? prepared.signal.reason : error;
    if (stage !== undefined && !interrupted) await failStage(run, stage, error);
    const status = interrupted ? "interrupted" : "failed";
    await endRun(run, status, reason, stage);
    return { ...outcome, status, error: reason };
  } finally {
    await run.values.close();
  }
}

async function startRun(prepared: PreparedPipeline, selection: Selection): Promise<Run> {
  const { pipeline, hooks, graph, store, backend, memory, signal } = prepared;
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
  const digests = new Map<PlanNode, string>();
  const context = planContext(parts);
  const known = new Map<PlanNode, string>();
  const decisions: Decision[] = [];
  for (const node of chosen.nodes) {
    const decision = await decide(node, chosen, known, memory, backend.numericClass, context);
    if (decision.digest !== undefined) known.set(node, decision.digest);
    decisions.push(decision);
  }
  const runStartEvent = {
    runId: recorder.runId,
    pipeline: pipeline.name,
    directory: recorder.directory,
    backend: backend.id,
    backendDetails: backend.details,
  };
  await hooks.runStart.promise(Object.freeze(runStartEvent));
  const stages = decisions.map(({ node, state, key, reasons }) => ({
    ...eventOf(node),
    state,
    key: key?.key,
    reasons,
  }));
  hooks.planned.call(Object.freeze({ pipeline: pipeline.name, stages, notes: graph.notes }));
  const values = createStageValues(store, parts, loadBackend);
  return { prepared, chosen, recorder, reporter, parts, values, loadBackend, digests, metrics: {} };
}

/** Reuses or computes one stage, then holds it to the conditions that its options set. */
async function passStage(run: Run, node: PlanNode): Promise<void> {
  const { prepared, chosen, parts, digests } = run;
  prepared.signal.throwIfAborted();
  const { memory, backend } = prepared;
  const decision = await decide(node, chosen, digests, memory, backend.numericClass, planContext(parts));
  if (decision.key === undefined)
    throw new KdflowError("KDF_INTERNAL", `an input of stage "${node.name}" has no digest`);
  if (decision.digest === undefined) await computeStage(run, decision, decision.key.key);
  else await reuseStage(run, decision, decision.key.key, decision.digest);
  await acceptStage(run, node);
}

async function reuseStage(
  { prepared, recorder, values, digests }: Run,
  decision: Decision,
  key: string,
  digest: string,
): Promise<void> {
  const { node } = decision;
  digests.set(node, digest);
  values.committed(node, key);
  const event = { ...eventOf(node), key, digest };
  await prepared.hooks.stageSkipped.for(node.stage.kind).promise(Object.freeze(event));
  await recorder.stage({ ...recordOf(decision), state: "reuse", digest, durationMs: 0 });
}

async function computeStage(run: Run, decision: Decision, key: string): Promise<void> {
  const { prepared, chosen, recorder, parts, values, loadBackend, digests } = run;
  const { hooks, store, backend } = prepared;
  const { node } = decision;
  const event = { ...eventOf(node), key };
  const startMs = performance.now();
  await hooks.stageStart.for(node.stage.kind).promise(Object.freeze(event));
  if (decision.startsAnew !== undefined) {
    const data = Object.freeze({ message: decision.startsAnew });
    hooks.log.call(Object.freeze({ stage: node.name, level: "info", event: "startsAnew", data }));
  }
  const forced = chosen.forced.has(node);
  const artifact = await runStage({
    decision,
    forced,
    store,
    parts,
    values,
    loadBackend,
    numericClass: backend.numericClass,
  });
  const durationMs = performance.now() - startMs;
  const { digest, directory, bytes } = artifact;
  digests.set(node, digest);
  values.committed(node, key);
  await hooks.artifact.promise(Object.freeze({ ...event, directory, digest }));
  const ended = { ...event, digest, durationMs, bytes };
  await hooks.stageEnd.for(node.stage.kind).promise(Object.freeze(ended));
  await recorder.stage({ ...recordOf(decision), state: "run", digest, durationMs });
}

async function acceptStage({ parts, values, metrics, loadBackend }: Run, node: PlanNode): Promise<void> {
  const provider = node.registered.provider as unknown as StageProvider<never, Options, unknown>;
  const isEvaluation = node.stage.kind === "evaluate";
  if (!isEvaluation && provider.accept === undefined) return;
  if (provider.numeric === true && !isEvaluation) await loadBackend();
  const value = await values.of(node);
  if (isEvaluation) metrics[node.name] = value;
  await provider.accept?.(value, node.options, stageContext(parts, node));
}

async function failStage({ prepared, recorder }: Run, node: PlanNode, error: unknown): Promise<void> {
  const event = { stage: node.name, kind: node.stage.kind, error };
  await prepared.hooks.stageFailed.for(node.stage.kind).promise(Object.freeze(event));
  const entry = { ...eventOf(node), key: undefined, digest: undefined, durationMs: 0, parts: undefined };
  await recorder.stage({ ...entry, state: "failed" });
}

async function endRun(
  run: Run,
  status: RunOutcome["status"],
  error: unknown,
  stage: PlanNode | undefined,
): Promise<void> {
  const { prepared, recorder, metrics } = run;
  const described = error === undefined ? undefined : toJson(error);
  const durationMs = Date.now() - recorder.startedAtMs;
  const failure =
    described === undefined ? {} : { error: { code: described.code, message: described.message, stage: stage?.name } };
  const { runId, directory } = recorder;
  try {
    await prepared.hooks.runEnd.promise(Object.freeze({ runId, directory, status, durationMs, metrics, ...failure }));
  } finally {
    const record = await recorder.finish({
      status,
      metrics,
      error: described === undefined ? null : { code: described.code, message: described.message },
    });
    await run.reporter.write(directory, record, await curvesOf(run), error);
  }
}

async function curvesOf({ chosen, reporter, values, digests, parts }: Run): Promise<readonly TrainingCurve[]> {
  return trainingCurves(chosen.nodes, {
    values,
    epochs: reporter.seen.epochs,
    shares: reporter.seen.shares,
    isDone: (node) => digests.has(node),
    hasBackend: parts.backend() !== undefined,
  });
}

/** Adds the stage's line to an error that points nowhere yet. */
function pointAt(node: PlanNode): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof KdflowError) || error.where !== undefined) throw error;
    const { code, message, hint, cause } = error;
    throw new KdflowError(code, message, { hint, where: node.stage.locate(), cause });
  };
}

function eventOf(node: PlanNode): Omit<StageEvent, "key"> {
  return { stage: node.name, kind: node.stage.kind, provider: node.registered.provider.id };
}

function recordOf(decision: Decision) {
  const { node, key } = decision;
  return { ...eventOf(node), key: key?.key, parts: key === undefined ? undefined : explainedParts(node, key) };
}
