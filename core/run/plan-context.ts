import type { ResolvedPipeline } from "../config/pipeline.ts";
import type { FamilyName } from "../contracts/kinds.ts";
import { bindProvider } from "../plugins/bind-provider.ts";
import type { PlanContext } from "../plugins/context.ts";
import type { BoundProvider, ProviderUse } from "../plugins/provider.ts";

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
    lookup: <F extends FamilyName>(family: F, use: ProviderUse): BoundProvider<F> =>
      bindProvider(pipeline.registry.found(family, use.use).provider, use),
    task: (id) => pipeline.registry.found("tasks", id).provider.task,
  };
}
