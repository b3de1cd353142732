import { join } from "node:path";
import { toJson } from "../errors/format.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { choose, type Decision, decide } from "../plan/decide.ts";
import { type PlanNode, stageProvider } from "../plan/graph.ts";
import { taskOfNode } from "../plan/node-task.ts";
import { withInputs } from "../plan/order.ts";
import { explainedParts } from "../plan/reasons.ts";
import type { StageEvent } from "../plugins/hooks.ts";
import type { TrainingCurve } from "../report/training-curve.ts";
import { placeExport } from "./place-export.ts";
import { planContext } from "./plan-context.ts";
import { assertStoredBefore, decideAll, type PreparedPipeline, plannedStage } from "./prepared-pipeline.ts";
import { runStage } from "./run-stage.ts";
import type { RunOutcome, Selection } from "./session-types.ts";
import { stageContext } from "./stage-context.ts";
import { type Run, startRun } from "./start-run.ts";
import { trainingCurves } from "./training-curves.ts";

/**
 * Runs the chosen stages one after the other, each after its inputs, reusing what the store has. Ends with `runEnd`,
 * whatever happened; a failing stage, or observer of the start, does not throw but is the outcome.
 */
export async function runPipeline(prepared: PreparedPipeline, selection: Selection): Promise<RunOutcome> {
  const using = await prepared.store.use({ signal: prepared.signal });
  try {
    if (selection.from !== undefined) {
      assertStoredBefore(prepared, selection, await decideAll(prepared, choose(prepared.graph, selection)));
    }
    return await runStages(await startRun(prepared, selection));
  } finally {
    await prepared.store.close();
    await using.release();
  }
}

async function runStages(run: Run): Promise<RunOutcome> {
  const { prepared, recorder, metrics, exports } = run;
  const outcome = { runId: recorder.runId, directory: recorder.directory, metrics, exports };
  let stage: PlanNode | undefined;
  try {
    const planned = await announceRun(run);
    for (stage of run.chosen.nodes) await passStage(run, stage, planned.get(stage)).catch(pointAt(stage));
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

/**
 * Tells observers that the run begins and what it will do.
 *
 * @returns what is decided of each stage
 */
async function announceRun({ prepared, chosen, recorder, reads }: Run): Promise<ReadonlyMap<PlanNode, Decision>> {
  const { pipeline, hooks, graph, backend } = prepared;
  const decisions = await decideAll(prepared, chosen);
  for (const node of whatIsRead(decisions)) reads.add(node);
  const runStartEvent = {
    runId: recorder.runId,
    pipeline: pipeline.name,
    directory: recorder.directory,
    backend: backend.id,
    backendDetails: backend.details,
  };
  await hooks.runStart.promise(Object.freeze(runStartEvent));
  const stages = decisions.map(plannedStage);
  hooks.planned.call(Object.freeze({ pipeline: pipeline.name, stages, notes: graph.notes }));
  return new Map(decisions.map((decision) => [decision.node, decision]));
}

/** The stages whose stored results a run reads: what its work takes, directly or not, and what its tables show. */
function whatIsRead(decisions: readonly Decision[]): ReadonlySet<PlanNode> {
  const read = new Set<PlanNode>();
  for (const { node, state } of decisions) {
    const { accept } = node.registered.provider as { readonly accept?: unknown };
    if (state !== "reuse") for (const input of [...node.inputs.values()].flat()) withInputs(input, read);
    else if (node.stage.kind === "evaluate" || accept !== undefined) read.add(node);
  }
  return read;
}

/**
 * Reuses or computes one stage, then holds it to the conditions that its options set.
 *
 * @param planned what was decided of it while planning; decided anew where it hung on a stage that has run since
 */
async function passStage(run: Run, node: PlanNode, planned: Decision | undefined): Promise<void> {
  const { prepared, chosen, parts, digests } = run;
  prepared.signal.throwIfAborted();
  const { memory, backend } = prepared;
  const decideNow = (): Promise<Decision> =>
    decide(node, chosen, digests, memory, backend.numericClass, planContext(parts));
  let decision = planned === undefined || planned.state === "depends" ? await decideNow() : planned;
  // What is read is hashed before; a rotten result is set aside by that, and made again.
  const isWhole = async (key: string): Promise<boolean> => (await prepared.store.find(key)) !== undefined;
  if (decision.digest !== undefined && decision.key !== undefined && run.reads.has(node)) {
    if (!(await isWhole(decision.key.key))) decision = await decideNow();
  }
  if (decision.key === undefined)
    throw new KdflowError("KDF_INTERNAL", `an input of stage "${node.name}" has no digest`);
  if (decision.digest === undefined) await computeStage(run, decision, decision.key.key);
  else await reuseStage(run, decision, decision.key.key, decision.digest);
  const { kind, to } = node.stage;
  const result = join(prepared.store.layout.artifacts, decision.key.key);
  if (kind === "export") run.exports[node.name] = await placeExport(result, to, prepared.pipeline.baseDir);
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
  values.committed(node, key, digest);
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
  values.committed(node, key, digest);
  await hooks.artifact.promise(Object.freeze({ ...event, directory, digest }));
  const ended = { ...event, digest, durationMs, bytes };
  await hooks.stageEnd.for(node.stage.kind).promise(Object.freeze(ended));
  await recorder.stage({ ...recordOf(decision), state: "run", digest, durationMs });
}

async function acceptStage({ parts, values, metrics, loadBackend }: Run, node: PlanNode): Promise<void> {
  const provider = stageProvider(node);
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
  const { prepared, recorder, metrics, exports } = run;
  const described = error === undefined ? undefined : toJson(error);
  const durationMs = Date.now() - recorder.startedAtMs;
  const failure =
    described === undefined ? {} : { error: { code: described.code, message: described.message, stage: stage?.name } };
  const { runId, directory } = recorder;
  try {
    const results = { runId, directory, status, durationMs, metrics, exports };
    await prepared.hooks.runEnd.promise(Object.freeze({ ...results, ...failure }));
  } finally {
    const told = described === undefined ? null : { code: described.code, message: described.message };
    const write = async (): Promise<void> => {
      const record = await recorder.finish({ status, metrics, error: told });
      await run.reporter.write(directory, record, await curvesOf(run), error);
    };
    await write().catch((failure: unknown) => {
      // Where the run has failed already, why it did matters more than that it could not be written down.
      if (error === undefined) throw failure;
      const message = `the end of this run could not be recorded: ${toJson(failure).message}`;
      prepared.hooks.warning.call(Object.freeze({ stage: undefined, event: "notRecorded", message }));
    });
  }
}

async function curvesOf({ chosen, reporter, values, digests, parts }: Run): Promise<readonly TrainingCurve[]> {
  return trainingCurves(chosen.nodes, {
    values,
    epochs: reporter.seen.epochs,
    shares: reporter.seen.shares,
    namesOf: (node) => taskOfNode(node)?.provider.task.metric.names ?? {},
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
