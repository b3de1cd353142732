import type { ResolvedPipeline } from "../config/pipeline.ts";
import type { FamilyName } from "../contracts/kinds.ts";
import type { PlanContext } from "../plugins/context.ts";
import type { ProviderOf, ProviderUse } from "../plugins/provider.ts";

/** What a plan context is made from. */
export interface PlanContextParts {
  readonly pipeline: Pick<ResolvedPipeline, "baseDir" | "registry">;
  readonly signal: AbortSignal;
  readonly fileDigest: (path: string) => Promise<string>;
}

/** What is known while planning. */
export function planContext({ pipeline, signal, fileDigest }: PlanContextParts): PlanContext {
  return {
    baseDir: pipeline.baseDir,
    signal,
    fileDigest,
    lookup: <F extends FamilyName>(family: F, use: ProviderUse): ProviderOf<F> =>
      pipeline.registry.found(family, use.use).provider,
    task: (id) => pipeline.registry.found("tasks", id).provider.task,
  };
}
