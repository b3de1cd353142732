/** A stream of random numbers; a pure function of its seed, stream name and counters. */
export interface Rng {
  /** Uniform in [0, 2³²). */
  uint32(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** A random order of 0 … count − 1. */
  permutation(count: number): Uint32Array;
}
