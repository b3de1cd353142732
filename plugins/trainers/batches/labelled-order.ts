import { type DatasetSplit, KdflowError, type Rng } from "../../../core/index.ts";
import { endlessRow, type SampleOrder } from "./mixed-order.ts";

export interface LabelledOrderRequest {
  readonly split: Pick<DatasetSplit, "count" | "labelled">;
  /** Whether a teacher tells something of samples that have no labels. */
  readonly taught: boolean;
  /** Part of an epoch that has labels, between 0 and 1; as many as there are unless given. */
  readonly share?: number | undefined;
  /** Samples of an epoch; as many as the split has unless given. */
  readonly count?: number | undefined;
  rng(stream: string, ...counters: number[]): Rng;
}

/**
 * The order of a split of which some samples have no labels; `undefined` where each sample comes once, as usual.
 *
 * Without a teacher there is nothing to learn from samples without labels: labelled ones alone are drawn, so often that
 * an epoch is as long as one of all samples, and a baseline takes as many updates as the student. With a teacher and
 * `share`, labelled and other samples are spread evenly over the epoch at that ratio. Each kind goes through its samples
 * in random order, goes on in the next epoch where it stopped, and begins anew in another order when all were shown,
 * with their next view. A pure function of the epoch.
 */
export function labelledOrder(request: LabelledOrderRequest): SampleOrder | undefined {
  const { split, taught, share, rng } = request;
  const { count = split.count } = request;
  const { labelled } = split;
  if (labelled === undefined || (taught && share === undefined)) return undefined;
  if (labelled.length === 0) {
    throw new KdflowError("KDF_INPUT_EMPTY", "no training sample has labels, and nothing is told of the others", {
      hint: "give some training samples labels",
    });
  }
  const known = new Set(labelled);
  const others = Array.from({ length: split.count }, (_, index) => index).filter((index) => !known.has(index));
  const ofLabelled = taught ? Math.min(count, Math.max(1, Math.round(count * (share ?? 1)))) : count;
  const parts = [
    { samples: labelled, wanted: ofLabelled },
    { samples: others, wanted: count - ofLabelled },
  ].filter(({ wanted }) => wanted > 0);
  const placesOf = (
    epoch: number,
  ): readonly { readonly at: number; readonly index: number; readonly round: number }[] =>
    parts
      .flatMap(({ samples, wanted }, part) => {
        const shift = rng("labelled/shift", part, epoch).uniform();
        const row = endlessRow(samples.length, wanted, epoch, (round) => rng("labelled/order", part, round));
        return row.map(({ sample, round }, i) => ({ at: (i + shift) / wanted, index: samples[sample] ?? 0, round }));
      })
      .sort((a, b) => a.at - b.at);
  return {
    count,
    of: (epoch) => Uint32Array.from(placesOf(epoch), ({ index }) => index),
    viewsOf: (epoch) => Uint32Array.from(placesOf(epoch), ({ round }) => round),
  };
}
