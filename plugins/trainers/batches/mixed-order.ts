import type { Rng } from "../../../core/index.ts";

/** Which samples an epoch shows, in its order. */
export interface SampleOrder {
  /** Samples of every epoch. */
  readonly count: number;
  /** Sample indices of an epoch, `[count]`. */
  of(epoch: number): Uint32Array;
}

export interface MixedOrderRequest {
  /** Samples of each source; their indices lie one source after the other. */
  readonly counts: readonly number[];
  /** Parts of an epoch, by source; in proportion to their samples unless given. */
  readonly mix: readonly number[] | undefined;
  rng(stream: string, ...counters: number[]): Rng;
}

/**
 * Mixes sources so that each of them is spread evenly over the epoch: every batch has about the same parts of each.
 *
 * Without `mix` an epoch shows every sample once. With it, an epoch shows every sample of the first source once, and of
 * another as many as its part asks for: it goes through that source's samples in random order, goes on in the next
 * epoch where it stopped, and begins anew in another order when all were shown. A pure function of the epoch.
 */
export function mixedOrder({ counts, mix, rng }: MixedOrderRequest): SampleOrder {
  const [first = 0] = counts;
  const shown = counts.map((count, source) =>
    mix === undefined ? count : Math.max(1, Math.round((first * (mix[source] ?? 1)) / (mix[0] ?? 1))),
  );
  const offsets = counts.map((_, source) => counts.slice(0, source).reduce((sum, count) => sum + count, 0));
  return {
    count: shown.reduce((sum, count) => sum + count, 0),
    of(epoch) {
      const places: { readonly at: number; readonly index: number }[] = [];
      for (const [source, count] of counts.entries()) {
        const wanted = shown[source] as number;
        const shift = rng("mix/shift", source, epoch).uniform();
        const samples = samplesOf(count, wanted, epoch, (round) => rng("mix/order", source, round));
        for (const [i, sample] of samples.entries()) {
          places.push({ at: (i + shift) / wanted, index: (offsets[source] as number) + sample });
        }
      }
      // a tie keeps the order of the sources
      return Uint32Array.from(places.sort((a, b) => a.at - b.at).map(({ index }) => index));
    },
  };
}

/** The samples number `epoch · wanted` and on of an endless row of permutations. */
function samplesOf(count: number, wanted: number, epoch: number, rngOf: (round: number) => Rng): number[] {
  const samples: number[] = [];
  let order: Uint32Array | undefined;
  for (let at = epoch * wanted; at < (epoch + 1) * wanted; at++) {
    if (order === undefined || at % count === 0) order = rngOf(Math.floor(at / count)).permutation(count);
    samples.push(order[at % count] as number);
  }
  return samples;
}
