import type { Rng } from "../../../core/index.ts";

/** Which samples an epoch shows, in its order. */
export interface SampleOrder {
  /** Samples of every epoch. */
  readonly count: number;
  /** Sample indices of an epoch, `[count]`. */
  of(epoch: number): Uint32Array;
  /** The view of each, `[count]`, where an epoch shows samples several times; all have the epoch's view unless given. */
  viewsOf?(epoch: number): Uint32Array;
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
        const row = endlessRow(count, wanted, epoch, (round) => rng("mix/order", source, round));
        for (const [i, { sample }] of row.entries()) {
          places.push({ at: (i + shift) / wanted, index: (offsets[source] as number) + sample });
        }
      }
      // a tie keeps the order of the sources
      return Uint32Array.from(places.sort((a, b) => a.at - b.at).map(({ index }) => index));
    },
  };
}

/** The samples number `epoch · wanted` and on of an endless row of permutations, each with the number of its permutation. */
export function endlessRow(
  count: number,
  wanted: number,
  epoch: number,
  rngOf: (round: number) => Rng,
): { readonly sample: number; readonly round: number }[] {
  const row: { sample: number; round: number }[] = [];
  let order: Uint32Array | undefined;
  for (let at = epoch * wanted; at < (epoch + 1) * wanted; at++) {
    const round = Math.floor(at / count);
    if (order === undefined || at % count === 0) order = rngOf(round).permutation(count);
    row.push({ sample: order[at % count] as number, round });
  }
  return row;
}
