import type { HostArray, StepExample } from "../../core/index.ts";
import { type Batch, type BatchSource, trainBatches } from "./batches.ts";

/**
 * What a backend tries a step on before it captures it: the first batch of the training, at the two sizes that
 * batches of this dataset have.
 */
export async function stepExample(
  source: BatchSource,
  inputsOf: (batch: Batch) => Readonly<Record<string, HostArray>>,
  scalars: Readonly<Record<string, number>>,
): Promise<StepExample | undefined> {
  const { count } = source.dataset.splits.train;
  const rest = count % source.batchSize;
  for await (const batch of trainBatches(source, 0, 0, 1)) {
    const copies = Object.entries(inputsOf(batch)).map(([name, values]) => [name, values.slice()] as const);
    const batchSizes = rest === 0 || rest === batch.size ? [batch.size] : [batch.size, rest];
    return { batch: Object.fromEntries(copies), batchSizes, scalars };
  }
  return undefined;
}
