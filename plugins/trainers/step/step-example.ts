import type { HostArray, StepExample } from "../../../core/index.ts";
import { type BatchSource, samplesPerEpoch, stepsPerEpoch, type TrainBatch, trainBatches } from "../batches/batches.ts";
import type { BatchFiller } from "../inputs/batch-filler.ts";
import { stepVariants } from "./step-variants.ts";
import { updatePlace } from "./update-place.ts";

export interface ExampleRequest {
  readonly source: BatchSource;
  readonly fillers: readonly BatchFiller[];
  inputsOf(batch: TrainBatch): Readonly<Record<string, HostArray>>;
  readonly scalars: Readonly<Record<string, number>>;
  readonly accumulate: number;
  /** Whether some layers are frozen at first. */
  readonly thaws: boolean;
}

/**
 * What a backend tries a step on before it captures it: the first batch of the training, at the sizes of the batches
 * that change weights and of those that are only gathered.
 */
export async function stepExample(request: ExampleRequest): Promise<StepExample | undefined> {
  const { source, fillers, scalars, thaws } = request;
  for await (const batch of trainBatches(source, fillers, { epoch: 0, step: 0 }, 1)) {
    const copies = Object.entries(request.inputsOf(batch)).map(([name, values]) => [name, values.slice()] as const);
    const { updating, gathering } = batchSizes(request);
    const variantSizes = {
      [stepVariants.gather]: gathering,
      ...(thaws ? { [stepVariants.frozen]: updating, [stepVariants.gatherFrozen]: gathering } : {}),
    };
    return { batch: Object.fromEntries(copies), batchSizes: updating, variantSizes, scalars };
  }
  return undefined;
}

function batchSizes({ source, accumulate }: ExampleRequest): { updating: number[]; gathering: number[] } {
  const samples = samplesPerEpoch(source);
  const { batchSize } = source;
  const updating = new Set<number>();
  const gathering = new Set<number>();
  for (let step = 0; step < stepsPerEpoch(source); step++) {
    const size = Math.min(batchSize, samples - step * batchSize);
    (updatePlace({ samples, batchSize, accumulate }, step).last ? updating : gathering).add(size);
  }
  // sizes come largest first, since only the last batch of an epoch is smaller
  return { updating: [...updating], gathering: [...gathering] };
}
