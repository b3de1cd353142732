import type { CreateContext, Rng } from "../../../core/index.ts";

/**
 * Finds the partner of a record of a split in one view: an index of the same split.
 *
 * @param ring 0 for a mix; tiles of a scene have rings of their own, each with other pairs
 */
export type PartnerOf = (recordDigest: string, view: number, ring?: number) => number;

/** Orders that are kept, of all rings together; one has 4 bytes per record. */
const keptOrders = 64;

/**
 * Pairs the records of a split, anew for every view number. The records of a view stand on a ring, ordered by a hash of
 * their digest with the seed and the view number; a record's partner is the next one of other content.
 *
 * So every record is a partner as often as it is a sample, nobody is their own partner while there is another record,
 * equal records have the same partner, and places in the file play no part. A record that is added becomes the partner
 * of one record per view (and takes over that one's partner): all other pairs stay.
 *
 * @param digests SHA-256 of each record, hex
 */
export function partnersOf(digests: readonly string[], rng: CreateContext["rng"]): PartnerOf {
  const words = digestWords(digests);
  const places = new Map(digests.map((digest, index) => [digest, index]));
  const orders = new Map<string, Uint32Array>();
  const nextIn = (view: number, ring: number): Uint32Array => {
    const key = `${view} ${ring}`;
    let next = orders.get(key);
    if (next === undefined) {
      next = nextOnRing(digests, words, ring === 0 ? rng("partners", view) : rng("partners", view, ring));
      const [oldest] = orders.keys();
      if (orders.size >= keptOrders && oldest !== undefined) orders.delete(oldest);
      orders.set(key, next);
    }
    return next;
  };
  return (recordDigest, view, ring = 0) => {
    const index = places.get(recordDigest) ?? 0;
    return nextIn(view, ring)[index] ?? index;
  };
}

/** The partner of each record, `[records]`. */
function nextOnRing(digests: readonly string[], words: Uint32Array, stream: Rng): Uint32Array {
  const salts = [stream.uint32(), stream.uint32()] as const;
  const keys = Float64Array.from(digests, (_, index) => {
    const high = scramble((words[2 * index] as number) ^ salts[0]);
    const low = scramble((words[2 * index + 1] as number) ^ salts[1] ^ high);
    return scramble(high ^ low) * 2 ** 21 + (low >>> 11); // 53 bits
  });
  const digestOf = (index: number): string => digests[index] as string;
  const ring = Uint32Array.from(digests, (_, index) => index).sort(
    (a, b) => (keys[a] as number) - (keys[b] as number) || compare(digestOf(a), digestOf(b)) || a - b,
  );
  const next = new Uint32Array(ring.length);
  // From behind: a record equal to the one after it has that one's partner.
  for (let place = 2 * ring.length - 1; place >= 0; place--) {
    const own = ring[place % ring.length] as number;
    const after = ring[(place + 1) % ring.length] as number;
    next[own] = digestOf(own) === digestOf(after) ? (next[after] as number) : after;
  }
  return next;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The first 64 bits of each digest, `[2 · records]`. */
function digestWords(digests: readonly string[]): Uint32Array {
  const words = new Uint32Array(2 * digests.length);
  for (const [index, digest] of digests.entries()) {
    words[2 * index] = Number.parseInt(digest.slice(0, 8), 16);
    words[2 * index + 1] = Number.parseInt(digest.slice(8, 16), 16);
  }
  return words;
}

/** MurmurHash3's finaliser: a bijection of 32 bits in which every input bit moves every output bit. */
function scramble(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
