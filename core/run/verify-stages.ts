import type { Backend } from "../contracts/backend.ts";
import { choose, decide } from "../plan/decide.ts";
import { type PlanNode, stageProvider } from "../plan/graph.ts";
import type { StageVerification } from "../plugins/provider.ts";
import { planContext } from "./plan-context.ts";
import type { PreparedPipeline } from "./prepared-pipeline.ts";
import type { ContextParts } from "./stage-context.ts";
import { createStageValues, readingContext } from "./stage-values.ts";

export interface VerifiedStage extends StageVerification {
  readonly stage: string;
  readonly key: string;
}

/**
 * Computes samples of stored results again and compares, for every stage of a pipeline that is in the store and whose
 * provider can (soft labels ask the teacher again). Stages that are not stored are passed over.
 */
export async function verifyStages(prepared: PreparedPipeline): Promise<readonly VerifiedStage[]> {
  const { pipeline, hooks, graph, store, backend, memory, signal } = prepared;
  let ready: Backend | undefined;
  const loadBackend = async (): Promise<void> => {
    ready ??= await backend.load();
  };
  const fileDigest = (path: string): Promise<string> => store.fileDigest(path);
  const parts: ContextParts = { pipeline, hooks, signal, fileDigest, backend: () => ready };
  const values = createStageValues(store, parts, loadBackend);
  const digests = new Map<PlanNode, string>();
  const chosen = choose(graph, {});
  const verified: VerifiedStage[] = [];
  try {
    for (const node of chosen.nodes) {
      const { key, digest } = await decide(node, chosen, digests, memory, backend.numericClass, planContext(parts));
      if (key === undefined || digest === undefined) continue;
      digests.set(node, digest);
      values.committed(node, key.key, digest);
      const provider = stageProvider(node);
      const artifact = provider.verify === undefined ? undefined : await store.find(key.key);
      if (provider.verify === undefined || artifact === undefined) continue;
      if (provider.numeric === true) await loadBackend();
      const inputs = await values.inputsOf(node);
      const context = readingContext(store, parts, node);
      verified.push({
        stage: node.name,
        key: key.key,
        ...(await provider.verify(artifact, node.options, inputs, context)),
      });
    }
    return verified;
  } finally {
    await values.close();
  }
}
