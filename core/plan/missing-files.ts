import type { ResolvedStage } from "../config/pipeline.ts";
import type { Problems } from "../config/problems.ts";
import { kinds } from "../contracts/kinds.ts";
import { ConfigErrors } from "../errors/config-errors.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanContext } from "../plugins/context.ts";
import { stageProvider } from "./graph.ts";
import { locatedErrors } from "./locate-error.ts";
import { portsOf } from "./wire.ts";

/**
 * What can be said of single stages where the pipeline as a whole cannot be checked: all mistakes of stages that take
 * no others, and files that are not there of the rest, whose other complaints may only follow from a mistake elsewhere.
 */
export async function missingFiles(
  stages: readonly ResolvedStage[],
  context: PlanContext,
  problems: Problems,
): Promise<void> {
  for (const stage of stages) {
    if (kinds[stage.kind].declaration === true) continue;
    const takesNone = Object.keys(portsOf(stage)).length === 0;
    try {
      await stageProvider(stage).describe?.(stage.options, {}, context, {});
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof KdflowError)) continue;
      for (const one of error instanceof ConfigErrors ? error.problems : [error]) {
        if (takesNone || one.code === "KDF_INPUT_MISSING_FILE") problems.addError(locatedErrors(one, stage));
      }
    }
  }
}
