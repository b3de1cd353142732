import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { PlanContext } from "../plugins/context.ts";
import type { PlanState } from "../plugins/hooks.ts";
import { type Graph, isDeclaration, type PlanNode } from "./graph.ts";
import { type Key, type KeyParts, keyOf } from "./keys.ts";
import { withInputs } from "./order.ts";
import { changesSince, explainedParts, reasonOf } from "./reasons.ts";
import { continuationOf, type Trajectory, trajectoryOf } from "./trajectory.ts";

/** What the store and the record of earlier runs know; asked while planning and again while running. */
export interface Memory {
  /** Content digest of the stored artifact of a key, or `undefined`. */
  digestOf(key: string): Promise<string | undefined>;
  hasCheckpoint(key: string): Promise<boolean>;
  /** Why a result that is stored is to be made again all the same. */
  whyAgain?(key: string): Promise<string | undefined>;
  /** Lengths of the finished work of a trajectory whose ends are kept. */
  lengthsOf(trajectory: string): Promise<readonly number[]>;
  /** Parts of the key that a stage of this name had in the last run of this pipeline. */
  lastParts(stage: string): KeyParts | undefined;
}

/** The stages a run covers, and those whose results are not reused. */
export interface Chosen {
  readonly nodes: readonly PlanNode[];
  readonly forced: ReadonlySet<PlanNode>;
}

export interface Decision {
  readonly node: PlanNode;
  readonly state: PlanState;
  readonly key: Key | undefined;
  /** Content digest of the reused artifact. */
  readonly digest: string | undefined;
  readonly reasons: readonly string[];
  /** Where the length of a stage's work is an option. */
  readonly trajectory?: Trajectory | undefined;
  /** Why shorter work that is there is of no use, in words; part of the reasons. */
  readonly startsAnew?: string | undefined;
}

/**
 * Applies `--from`, `--until` and `--force`: `until` leaves out what that stage does not need; `from` computes that
 * stage and all that follow from it again; `force` computes only the named stages again.
 */
export function choose(
  graph: Graph,
  selection: { readonly from?: string; readonly until?: string; readonly force?: readonly string[] },
): Chosen {
  const named = (name: string, option: string): PlanNode[] => findStages(graph, name, option);
  const until = selection.until === undefined ? undefined : named(selection.until, "--until");
  const needed = new Set<PlanNode>();
  for (const node of until ?? graph.nodes) withInputs(node, needed);
  const nodes = graph.nodes.filter((node) => needed.has(node) && !isDeclaration(node));
  const forced = new Set<PlanNode>();
  for (const name of selection.force ?? []) {
    for (const node of name === "*" ? nodes : named(name, "--force")) forced.add(node);
  }
  const from = selection.from === undefined ? [] : named(selection.from, "--from");
  for (const node of nodes) if (from.some((start) => withInputs(node).has(start))) forced.add(node);
  return { nodes, forced };
}

/** A stage by its own name, or every seed and baseline of a `train` stage by the stage's name. */
export function findStages(graph: Graph, name: string, option: string): PlanNode[] {
  const found = graph.nodes.filter((node) => node.name === name || (node.stage.name === name && !node.baseline));
  if (found.length > 0) return found;
  const under = graph.nodes.filter((node) => node.name.startsWith(`${name}.`) && !isDeclaration(node));
  if (under.length > 0) return under;
  const names = graph.nodes.filter((node) => !isDeclaration(node)).map((node) => node.name);
  throw new KdflowError("KDF_PLAN_UNKNOWN_STAGE", `${option} names "${name}", which is no stage of this pipeline`, {
    hint: allowedHint(name, names, "stages"),
  });
}

/** Says of one stage whether it runs, is reused, or waits for an input, given what is known of its inputs. */
export async function decide(
  node: PlanNode,
  chosen: Chosen,
  digests: ReadonlyMap<PlanNode, string>,
  memory: Memory,
  numericClass: string,
  context: PlanContext,
): Promise<Decision> {
  const key = await keyOf(node, (input) => digests.get(input), numericClass, context);
  if (key === undefined) {
    const waiting = [...node.inputs.values()].flat().filter((input) => !isDeclaration(input) && !digests.has(input));
    const names = [...new Set(waiting.map((input) => input.name))];
    return { node, state: "depends", key, digest: undefined, reasons: [`depends on ${names.join(", ")}`] };
  }
  const digest = await memory.digestOf(key.key);
  if (digest !== undefined && !chosen.forced.has(node)) {
    return { node, state: "reuse", key, digest, reasons: ["unchanged"] };
  }
  const trajectory = trajectoryOf(node, key, context);
  const run = { node, state: "run", key, digest: undefined, trajectory } as const;
  if (digest !== undefined) return { ...run, reasons: ["forced"] };
  return { ...run, ...(await reasonsToRun(node, { key, trajectory, forced: chosen.forced.has(node) }, memory)) };
}

interface Undone {
  readonly key: Key;
  readonly trajectory: Trajectory | undefined;
  readonly forced: boolean;
}

async function reasonsToRun(
  node: PlanNode,
  { key, trajectory, forced }: Undone,
  memory: Memory,
): Promise<Pick<Decision, "reasons" | "startsAnew">> {
  if (!forced && (await memory.hasCheckpoint(key.key))) return { reasons: ["continues from its checkpoint"] };
  const again = await memory.whyAgain?.(key.key);
  if (again !== undefined) return { reasons: [again] };
  const before = memory.lastParts(node.name);
  const changes = before === undefined ? [] : changesSince(node, before, explainedParts(node, key));
  const lengthPath = `options.${trajectory?.option}`;
  const lengthChange = changes.find(({ path }) => path === lengthPath);
  const lengths = trajectory?.key === undefined ? [] : await memory.lengthsOf(trajectory.key);
  const since = { before: lengthChange?.before, lengthAlone: changes.length === 1 };
  const continuation = forced || trajectory === undefined ? undefined : continuationOf(trajectory, lengths, since);
  const words = continuation?.words;
  const reasons = changes.map((change) =>
    change === lengthChange && words !== undefined ? `${reasonOf(change)}; ${words}` : reasonOf(change),
  );
  if (reasons.length === 0) reasons.push(before === undefined ? "new" : "its result is not in the store");
  if (lengthChange === undefined && words !== undefined) reasons.push(words);
  return { reasons: [...new Set(reasons)], startsAnew: continuation?.anew === true ? words : undefined };
}
