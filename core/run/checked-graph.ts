import type { ResolvedPipeline } from "../config/pipeline.ts";
import { Problems } from "../config/problems.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { checkPlan } from "../plan/check.ts";
import { buildGraph, type Graph, type PlanNode } from "../plan/graph.ts";
import { missingFiles } from "../plan/missing-files.ts";
import { taskIdOf } from "../plan/node-task.ts";
import type { Description } from "../plugins/provider.ts";
import { planContext } from "./plan-context.ts";

/** A graph whose stages have said what they will give. */
export interface CheckedGraph extends Graph {
  readonly descriptions: ReadonlyMap<PlanNode, Description>;
}

/**
 * The graph, wired and type-checked.
 *
 * @throws ConfigErrors with every mistake
 */
export async function checkedGraph(
  pipeline: ResolvedPipeline,
  signal: AbortSignal,
  fileDigest: (path: string) => Promise<string>,
): Promise<CheckedGraph> {
  const context = planContext({ pipeline, signal, fileDigest });
  const problems = new Problems();
  let graph: Graph = { nodes: [], notes: [] };
  await problems.collect(async () => {
    await findTasks(pipeline);
    graph = await buildGraph(pipeline, context);
  });
  if (problems.all().length > 0) await missingFiles(pipeline.stages, context, problems);
  problems.throwIfAny();
  const { notes, descriptions } = await checkPlan(graph.nodes, context);
  return { ...graph, notes: [...graph.notes, ...notes], descriptions };
}

/**
 * Loads the tasks of data and networks, which files do not name, and the losses that baselines of them fall back to.
 *
 * @throws KDF_CONFIG_UNKNOWN_PROVIDER pointing at the stage whose task no plugin supplies
 */
async function findTasks({ stages, registry }: ResolvedPipeline): Promise<void> {
  for (const { registered, locate } of stages) {
    const id = taskIdOf(registered);
    if (id === undefined) continue;
    try {
      const { task } = (await registry.find("tasks", id)).provider;
      if (task.baseline.term !== undefined) await registry.find("losses", task.baseline.term.use);
    } catch (error) {
      if (!(error instanceof KdflowError)) throw error;
      throw new KdflowError(error.code, error.message, { hint: error.hint, where: locate(), cause: error });
    }
  }
}
