import type { ResolvedPipeline } from "../config/pipeline.ts";
import { checkPlan } from "../plan/check.ts";
import { buildGraph, type Graph } from "../plan/graph.ts";
import { planContext } from "./plan-context.ts";

/** The graph, wired and type-checked. */
export async function checkedGraph(
  pipeline: ResolvedPipeline,
  signal: AbortSignal,
  fileDigest: (path: string) => Promise<string>,
): Promise<Graph> {
  const context = planContext({ pipeline, signal, fileDigest });
  // A baseline without any hard term falls back to cross-entropy, which the file need not name.
  if (pipeline.stages.some((stage) => stage.kind === "train" && stage.baseline)) {
    await pipeline.registry.find("losses", "cross-entropy");
  }
  const graph = buildGraph(pipeline, context);
  const notes = await checkPlan(graph.nodes, context);
  return { ...graph, notes: [...graph.notes, ...notes] };
}
