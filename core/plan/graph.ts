import type { ResolvedComponent, ResolvedPipeline, ResolvedStage } from "../config/pipeline.ts";
import { kinds } from "../contracts/kinds.ts";
import { comesFromTeacher } from "../contracts/loss-term.ts";
import type { PlanContext } from "../plugins/context.ts";
import type {
  ObjectiveProvider,
  Options,
  ProviderUse,
  SoftLabelsProvider,
  StageProvider,
  TrainProvider,
} from "../plugins/provider.ts";
import type { RegisteredProvider, Registry } from "../plugins/registry.ts";
import { ownTask, taskOfNode } from "./node-task.ts";
import { sortByInputs } from "./order.ts";
import { wire } from "./wire.ts";

/** A stage as the engine runs it: one seed, one loss, all inputs known. */
export interface PlanNode {
  /** The stage's name; `train.seed1` and `train.baseline` for what the planner adds. */
  readonly name: string;
  readonly stage: ResolvedStage;
  readonly registered: RegisteredProvider;
  /** The task that its provider is made for; that of what it takes is {@link taskOfNode}. */
  readonly task: RegisteredProvider<"tasks"> | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly components: readonly ResolvedComponent[];
  readonly seed: number;
  /** True for the student trained without a teacher that the planner adds. */
  readonly baseline: boolean;
  /** Filled by {@link wire}: the nodes on each port. */
  readonly inputs: Map<string, readonly PlanNode[]>;
}

/** A stage's provider as the engine uses it: what is taken and given is handed on unseen. */
export function stageProvider({ registered }: Pick<PlanNode, "registered">): StageProvider<never, Options, unknown> {
  return registered.provider as unknown as StageProvider<never, Options, unknown>;
}

export interface Graph {
  /** Every node after the nodes it takes. */
  readonly nodes: readonly PlanNode[];
  /** What the user should know was done on their behalf. */
  readonly notes: readonly string[];
}

/**
 * Turns a validated pipeline into the graph that runs: one node per seed of a `train` stage, a baseline beside each
 * (unless `baseline: false`), every port wired, in an order in which each node follows its inputs.
 *
 * @throws KDF_PLAN_UNKNOWN_STAGE, KDF_PLAN_UNKNOWN_PORT, KDF_PLAN_UNFILLED_PORT, KDF_PLAN_PORT_KIND, KDF_PLAN_CYCLE
 */
export async function buildGraph(pipeline: ResolvedPipeline, context: PlanContext): Promise<Graph> {
  const notes: string[] = [];
  const groups = new Map<string, readonly PlanNode[]>();
  for (const stage of pipeline.stages) groups.set(stage.name, nodesOf(stage, pipeline.registry));
  await wire(pipeline.stages, groups, context);
  for (const stage of pipeline.stages) {
    if (stage.kind !== "train" || !stage.baseline) continue;
    const trained = groups.get(stage.name) ?? [];
    const added = addBaselines(trained, context);
    if (added === undefined) continue;
    groups.set(baselineName(stage.name), added.nodes);
    notes.push(added.note);
    wireBaselines(groups, trained, added.nodes);
  }
  return { nodes: sortByInputs([...groups.values()].flat()), notes };
}

function baselineName(stage: string): string {
  return `${stage}.baseline`;
}

/** Whether a node of that name is a baseline. Names of stages have no dots, and a seed comes last. */
export function isBaselineName(name: string): boolean {
  return name.split(".")[1] === "baseline";
}

function nodesOf(stage: ResolvedStage, registry: Registry): PlanNode[] {
  const task = ownTask(stage.registered, registry);
  const shared = { stage, task, registered: stage.registered, options: stage.options, components: stage.components };
  if (stage.seeds === 1) {
    return [{ ...shared, name: stage.name, seed: stage.seed, baseline: false, inputs: new Map() }];
  }
  return Array.from({ length: stage.seeds }, (_, i) => {
    const seed = stage.seed + i;
    return { ...shared, name: `${stage.name}.seed${seed}`, seed, baseline: false, inputs: new Map() };
  });
}

/** The same students with the teacher's terms taken out of their loss; `undefined` where no term needs the teacher. */
function addBaselines(
  trained: readonly PlanNode[],
  context: PlanContext,
): { nodes: PlanNode[]; note: string } | undefined {
  const first = trained[0];
  const loss = first?.inputs.get("loss")?.[0];
  if (first === undefined || loss === undefined) return undefined;
  const objective = loss.registered.provider as ObjectiveProvider<Options>;
  if (!objective.needs(loss.options, context).some(comesFromTeacher)) return undefined;
  const { weights = "rescale", ...rules } = taskOfNode(first)?.provider.task.baseline ?? {};
  const { options, note } = objective.baseline(loss.options, context, { weights, ...rules });
  const baselineLoss: PlanNode = {
    ...loss,
    name: baselineName(loss.name),
    options: options as Readonly<Record<string, unknown>>,
    components: loss.components.filter((component) => keepsComponent(options, component)),
    inputs: new Map(),
  };
  const views = viewsOf(first);
  const nodes = trained.map((node) => {
    const inputs = new Map(node.inputs);
    inputs.delete("softLabels");
    inputs.delete("teacher");
    inputs.set("loss", [baselineLoss]);
    const name = node.name.replace(node.stage.name, baselineName(node.stage.name));
    const trainer = node.registered.provider as TrainProvider<PlanNode["options"]>;
    const options = views === undefined ? undefined : trainer.withViews?.(node.options, views);
    return { ...node, name, options: options ?? node.options, baseline: true, inputs };
  });
  return { nodes, note };
}

/** A component belongs to the baseline's loss when its term is still there. */
function keepsComponent(options: object, component: ResolvedComponent): boolean {
  const term = component.pointer.split("/")[1];
  return term !== undefined && term in options;
}

/** The baseline sees the views that the soft labels have. */
function viewsOf(node: PlanNode): number | undefined {
  const labels = node.inputs.get("softLabels")?.[0];
  return (labels?.registered.provider as SoftLabelsProvider<PlanNode["options"]> | undefined)?.viewsOf?.(
    labels?.options ?? {},
  );
}

function wireBaselines(
  groups: ReadonlyMap<string, readonly PlanNode[]>,
  trained: readonly PlanNode[],
  baselines: readonly PlanNode[],
): void {
  for (const node of [...groups.values()].flat()) {
    if (node.stage.kind !== "evaluate") continue;
    if (node.inputs.get("model")?.some((model) => trained.includes(model)) !== true) continue;
    node.inputs.set("baseline", [...(node.inputs.get("baseline") ?? []), ...baselines]);
  }
}

/** True for nodes that are planned and checked but never stored. */
export function isDeclaration(node: PlanNode): boolean {
  return kinds[node.stage.kind].declaration === true;
}

/** A use of the node's own provider, as contexts look it up. */
export function useOf(node: PlanNode): ProviderUse {
  return { use: node.registered.provider.id, ...node.options };
}
