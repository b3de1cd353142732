import type { ModelDescription } from "../contracts/artifacts.ts";
import type { PlanNode } from "../plan/graph.ts";
import type { EpochShares } from "../report/epoch-shares.ts";
import { type CurveEpoch, epochsOfHistory, type LineLook, type TrainingCurve } from "../report/training-curve.ts";
import type { StageValues } from "./stage-values.ts";

interface CurveSources {
  readonly values: StageValues;
  /** Epochs that ended in this run, by stage. */
  readonly epochs: ReadonlyMap<string, readonly CurveEpoch[]>;
  /** Where their time went, by stage. */
  readonly shares: ReadonlyMap<string, readonly EpochShares[]>;
  /** How the metrics of a stage's task are called. */
  readonly namesOf: (node: PlanNode) => TrainingCurve["names"];
  /** True for stages whose artifact is stored. */
  readonly isDone: (node: PlanNode) => boolean;
  /** True once tensors can be had: opening a trained model must not load them just for its history. */
  readonly hasBackend: boolean;
}

/**
 * The curves of every stage that trains. A stored model's own history comes first, because it also knows the epochs
 * before a resumption; a stage that ended too early has the epochs of this run.
 */
export async function trainingCurves(nodes: readonly PlanNode[], sources: CurveSources): Promise<TrainingCurve[]> {
  const curves: TrainingCurve[] = [];
  for (const node of nodes) {
    const stored = await storedModel(node, sources);
    const epochs = stored?.history?.length ? epochsOfHistory(stored.history) : (sources.epochs.get(node.name) ?? []);
    if (epochs.length === 0 && !(trains(node) && sources.isDone(node))) continue;
    const shares = sources.shares.get(node.name) ?? [];
    const names = sources.namesOf(node);
    curves.push({
      stage: node.name,
      group: node.stage.name,
      look: lookOf(node),
      names,
      epochs,
      best: stored?.best?.epoch,
      shares,
    });
  }
  return curves;
}

/** Of teachers, those are trained whose result hangs on a seed. */
function trains({ stage, registered }: PlanNode): boolean {
  const provider = registered.provider as { readonly seeded?: boolean };
  return stage.kind === "train" || (stage.kind === "teacher" && provider.seeded === true);
}

function lookOf({ stage, baseline }: PlanNode): LineLook {
  if (baseline) return "baseline";
  return stage.kind === "teacher" ? "teacher" : "student";
}

/** Opening a teacher reads its weights, so one that was reused is only asked where it is open already. */
async function storedModel(
  node: PlanNode,
  { values, epochs, isDone, hasBackend }: CurveSources,
): Promise<Partial<ModelDescription> | undefined> {
  const isLight = node.stage.kind === "train" || epochs.has(node.name);
  if (!isDone(node) || !((isLight && hasBackend) || values.isOpen(node))) return undefined;
  // A result that cannot be read is the business of the stage that needs it, not of the report.
  const value = (await values.of(node).catch(() => undefined)) as
    | { readonly description?: Partial<ModelDescription> }
    | undefined;
  return value?.description;
}
