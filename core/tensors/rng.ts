import { createHash } from "node:crypto";
import type { Rng } from "../contracts/rng.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { philox4x32 } from "./philox.ts";

const TWO_32 = 0x1_0000_0000;
const MAX_BOUND = 2 ** 53;
/** Counter words that the caller's counters may fill; the word left over counts blocks. */
const DIRECT_COUNTERS = 3;

/**
 * Creates a counter-based generator. Nothing has to be saved to go on after a kill: the same arguments always give the
 * same numbers, and different arguments give independent ones.
 *
 * Seed and stream are hashed into the key. Up to three counters below 2³² are counter words themselves, so that
 * streams that differ in them alone can never meet; other counters are hashed too.
 *
 * @param stream what the numbers are for, such as `shuffle` or `views`
 * @param counters whole numbers from 0, such as epoch and sample index
 * @throws KDF_INTERNAL where the seed is not finite or a counter is not a whole number from 0
 * @see Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3"
 */
export function createRng(seed: number, stream: string, ...counters: number[]): Rng {
  if (!Number.isFinite(seed)) throw new KdflowError("KDF_INTERNAL", `the seed ${seed} is not a finite number`);
  for (const counter of counters) {
    if (!Number.isSafeInteger(counter) || counter < 0) {
      throw new KdflowError(
        "KDF_INTERNAL",
        `the counter ${counter} of stream "${stream}" is not a whole number from 0`,
      );
    }
  }
  const direct = counters.length <= DIRECT_COUNTERS && counters.every((counter) => counter < TWO_32);
  const identity = direct ? [seed, stream, counters.length] : [seed, stream, "hashed", ...counters];
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest();
  const start = new Uint32Array(4);
  for (let word = 0; word < DIRECT_COUNTERS; word++) {
    start[word + 1] = direct ? (counters[word] ?? 0) : hash.readUInt32LE(8 + 4 * word);
  }
  return new PhiloxRng(hash.readUInt32LE(0), hash.readUInt32LE(4), start);
}

class PhiloxRng implements Rng {
  readonly #key0: number;
  readonly #key1: number;
  /** Word 0 counts blocks. */
  readonly #counter: Uint32Array;
  readonly #block: Uint32Array = new Uint32Array(4);
  #used = 4;
  #blocks = 0;
  #spareNormal: number | undefined;

  constructor(key0: number, key1: number, counter: Uint32Array) {
    this.#key0 = key0;
    this.#key1 = key1;
    this.#counter = counter;
  }

  uint32(): number {
    if (this.#used === 4) {
      if (this.#blocks === TWO_32) throw new KdflowError("KDF_INTERNAL", "a random stream gave all of its 2³⁴ numbers");
      this.#counter[0] = this.#blocks++;
      philox4x32(this.#counter, this.#key0, this.#key1, this.#block);
      this.#used = 0;
    }
    return this.#block[this.#used++] ?? 0;
  }

  uniform(): number {
    const high = this.uint32() >>> 5; // 27 bits
    const low = this.uint32() >>> 6; // 26 bits
    return (high * 0x400_0000 + low) / MAX_BOUND;
  }

  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > MAX_BOUND) {
      throw new KdflowError("KDF_INTERNAL", `a random integer below ${bound} was asked for`);
    }
    const range = bound <= TWO_32 ? TWO_32 : MAX_BOUND;
    // Draws from the last, incomplete multiple of the bound are dropped: they would favour small results.
    const limit = range - (range % bound);
    for (;;) {
      const draw = range === TWO_32 ? this.uint32() : this.uniform() * MAX_BOUND;
      if (draw < limit) return draw % bound;
    }
  }

  /** Polar method (Marsaglia and Bray, 1964): two normals from one accepted point of the unit disc. */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * naturalLog(square)) / square);
      this.#spareNormal = y * factor;
      return x * factor;
    }
  }

  permutation(count: number): Uint32Array {
    const order = new Uint32Array(count);
    // Fisher and Yates from the inside out: position i takes a random earlier entry.
    for (let i = 0; i < count; i++) {
      const from = this.integer(i + 1);
      order[i] = order[from] ?? 0;
      order[from] = i;
    }
    return order;
  }
}

/** Terms of the series below; the next one, at |s| ≤ 0.1716, is under half a unit in the last place. */
const LOG_TERMS = 11;

/**
 * ln x for x in (0, 1], from additions, multiplications and divisions alone: these round the same everywhere, while
 * `Math.log` may differ in the last bit between engines, and with it every initial weight.
 *
 * x = m · 2ᵉ with m in [√½, √2), s = (m − 1) / (m + 1), ln m = 2 (s + s³/3 + s⁵/5 + …)
 */
function naturalLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let term = LOG_TERMS - 1; term >= 0; term--) sum = sum * square + 1 / (2 * term + 1);
  return exponent * Math.LN2 + 2 * s * sum;
}
