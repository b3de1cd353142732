import { resolve } from "node:path";
import type { ResolvedPipeline } from "../config/pipeline.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { displayPath } from "../errors/source-frame.ts";
import { type Chosen, choose, type Decision, decide, findStages, type Memory } from "../plan/decide.ts";
import { isDeclaration, type PlanNode } from "../plan/graph.ts";
import { withInputs } from "../plan/order.ts";
import { changesSince, explainedParts } from "../plan/reasons.ts";
import type { HookEvents, Hooks } from "../plugins/hooks.ts";
import { hasCheckpoint, whyAgain } from "../store/checkpoints.ts";
import { openStore, type Store } from "../store/store.ts";
import { endsOf } from "../store/trajectories.ts";
import { type CheckedGraph, checkedGraph } from "./checked-graph.ts";
import { planContext } from "./plan-context.ts";
import { type ChosenBackend, registeredBackend } from "./registered-backend.ts";
import { lastPartsOf, listRuns } from "./run-record.ts";
import type { Explanation, PlannedStage, PlanView, Selection, SessionOptions } from "./session-types.ts";

/** A pipeline that is checked and whose store is open. */
export interface PreparedPipeline {
  readonly pipeline: ResolvedPipeline;
  readonly hooks: Hooks;
  readonly graph: CheckedGraph;
  readonly store: Store;
  readonly backend: ChosenBackend;
  readonly memory: Memory;
  readonly signal: AbortSignal;
}

/**
 * Opens the store, checks the plan and chooses the backend.
 *
 * @param look only to look at the store, which may be missing or read-only
 */
export async function preparePipeline(
  options: SessionOptions & { readonly look?: boolean },
  pipeline: ResolvedPipeline,
  hooks: Hooks,
  signal: AbortSignal,
): Promise<PreparedPipeline> {
  const root = resolve(options.storeDir ?? ".kdflow");
  const store = await openStore(root, {
    look: options.look,
    warn: (event, { message }) => hooks.warning.call(Object.freeze({ stage: undefined, event, message })),
  });
  const graph = await checkedGraph(pipeline, signal, (path) => store.fileDigest(path));
  const backend = await registeredBackend(options.backend ?? "auto", pipeline.registry, {
    scratch: () => store.scratch(),
    signal,
  });
  const memory = await createMemory(store, pipeline.name);
  return { pipeline, hooks, graph, store, backend, memory, signal };
}

async function createMemory(store: Store, pipeline: string): Promise<Memory> {
  const last = lastPartsOf(await listRuns(store.layout.root), pipeline);
  return {
    digestOf: async (key) => ((await whyAgain(store, key)) === undefined ? (await store.look(key))?.digest : undefined),
    hasCheckpoint: (key) => hasCheckpoint(store, key),
    whyAgain: (key) => whyAgain(store, key),
    lengthsOf: async (trajectory) => (await endsOf(store.layout, trajectory)).map(({ length }) => length),
    lastParts: (stage) => last.get(stage),
  };
}

/** Decides every chosen stage without running any: what waits for a stage that runs is only known to depend on it. */
export async function decideAll(prepared: PreparedPipeline, chosen: Chosen): Promise<readonly Decision[]> {
  const { pipeline, store, backend, memory, signal } = prepared;
  const context = planContext({ pipeline, signal, fileDigest: (path) => store.fileDigest(path) });
  const digests = new Map<PlanNode, string>();
  const decisions: Decision[] = [];
  for (const node of chosen.nodes) {
    const decision = await decide(node, chosen, digests, memory, backend.numericClass, context);
    if (decision.digest !== undefined) digests.set(node, decision.digest);
    decisions.push(decision);
  }
  return decisions;
}

/**
 * Holds `--from` to its word: what comes before that stage is taken from the store, never computed.
 *
 * @throws KDF_PLAN_NOT_STORED naming the first stage that is not stored, and the command that makes it
 */
export function assertStoredBefore(
  { graph, pipeline }: PreparedPipeline,
  { from }: Selection,
  decisions: readonly Decision[],
): void {
  if (from === undefined) return;
  const starts = findStages(graph, from, "--from");
  const before = new Set(
    starts.flatMap((start) => [...start.inputs.values()].flat().flatMap((x) => [...withInputs(x)])),
  );
  const isMissing = ({ node, state }: Decision): boolean =>
    state !== "reuse" && before.has(node) && !starts.includes(node);
  const missing = decisions.find(isMissing);
  if (missing === undefined) return;
  const { name, stage } = missing.node;
  throw new KdflowError("KDF_PLAN_NOT_STORED", `"${from}" takes the result of "${name}", which is not stored`, {
    hint: [
      `compute it first: kdflow run ${displayPath(pipeline.file)} --until ${name}`,
      "or leave --from out: what is missing is computed, and what is there is reused",
    ],
    where: stage.locate(),
  });
}

/** What a plan says of a stage. */
export function plannedStage({ node, state, key, reasons }: Decision): HookEvents["planned"]["stages"][number] {
  const { stage, registered, name } = node;
  return { stage: name, kind: stage.kind, provider: registered.provider.id, state, key: key?.key, reasons };
}

function inputNames({ inputs }: PlanNode): PlannedStage["inputs"] {
  return Object.fromEntries([...inputs].map(([port, sources]) => [port, sources.map(({ name }) => name)]));
}

/** What a run would do, stage by stage, and why. */
export async function planView(prepared: PreparedPipeline, selection: Selection): Promise<PlanView> {
  const { graph, pipeline, backend } = prepared;
  const decisions = await decideAll(prepared, choose(graph, selection));
  assertStoredBefore(prepared, selection, decisions);
  return {
    pipeline: pipeline.name,
    backend: backend.id,
    stages: decisions.map((decision) => ({ ...plannedStage(decision), inputs: inputNames(decision.node) })),
    notes: graph.notes,
  };
}

/** What a stage's key is made from, and what changed since the last run. */
export async function explain(prepared: PreparedPipeline, stage: string): Promise<Explanation> {
  const { graph, memory } = prepared;
  const node = findStages(graph, stage, "explain")[0];
  if (node === undefined || isDeclaration(node)) {
    throw new KdflowError(
      "KDF_PLAN_UNKNOWN_STAGE",
      `"${stage}" is a declaration: it has no result and no key of its own`,
      {
        hint: "explain the stages that take it, such as `train`",
      },
    );
  }
  const decisions = await decideAll(prepared, choose(graph, { until: node.name }));
  const key = decisions.find((decision) => decision.node === node)?.key;
  if (key === undefined) return { stage: node.name, key: undefined, parts: {}, changes: undefined };
  const parts = explainedParts(node, key);
  const before = memory.lastParts(node.name);
  const changes = before === undefined ? undefined : changesSince(node, before, parts);
  return { stage: node.name, key: key.key, parts, changes };
}
