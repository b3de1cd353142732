import type { BuiltNetwork, ObjectiveTerm } from "../../../core/index.ts";
import type { BatchSource } from "../../../plugins/trainers/batches/batches.ts";
import type { BatchFiller } from "../../../plugins/trainers/inputs/batch-filler.ts";
import { bindInputs } from "../../../plugins/trainers/inputs/bind-inputs.ts";

/** What fills the inputs of a term that takes these, none of them the student's. */
export function batchFillers(source: BatchSource, takes: readonly string[]): readonly BatchFiller[] {
  const term = { name: "term", needs: [], takes, weight: () => 1 } as unknown as ObjectiveTerm;
  const scene = { built: {} as BuiltNetwork, source, options: {} };
  return bindInputs({ terms: [term] }, scene).fillers(source);
}
