import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createRng } from "../../../core/tensors/rng.ts";
import { partnersOf } from "../../../plugins/data/views/partners.ts";

const rng =
  (seed: number) =>
  (stream: string, ...counters: number[]) =>
    createRng(seed, stream, ...counters);
const digestsOf = (count: number): string[] =>
  Array.from({ length: count }, (_, record) => createHash("sha256").update(`record ${record}`).digest("hex"));

/** The partner's digest of every record. */
function pairs(digests: readonly string[], view: number, seed = 1): (string | undefined)[] {
  const partnerOf = partnersOf(digests, rng(seed));
  return digests.map((digest) => digests[partnerOf(digest, view)]);
}

test("every record is the partner of one other, in every view another one", () => {
  const digests = digestsOf(100);
  const views = [0, 1, 2].map((view) => pairs(digests, view));
  for (const partners of views) {
    expect([...partners].sort()).toEqual([...digests].sort());
    expect(partners.some((partner, index) => partner === digests[index])).toBe(false);
  }
  // Two random pairings agree in one place on average.
  const [first = [], second = []] = views;
  expect(first.filter((partner, index) => partner === second[index]).length).toBeLessThan(8);
  expect(pairs(digests, 0, 2)).not.toEqual(first);
});

test("each partner comes with about equal chance over the views", () => {
  const digests = digestsOf(5);
  const partnerOf = partnersOf(digests, rng(1));
  const counts = new Array<number>(5).fill(0);
  for (let view = 0; view < 4000; view++) {
    const partner = partnerOf(digests[0] ?? "", view);
    counts[partner] = (counts[partner] ?? 0) + 1;
  }
  expect(counts[0]).toBe(0);
  for (const count of counts.slice(1)) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(750));
});

test("places play no part, and an added record changes the partner of one other in each view", () => {
  const digests = digestsOf(60);
  const [before, turned, more] = [pairs(digests, 3), pairs([...digests].reverse(), 3), pairs(digestsOf(61), 3)];
  expect([...turned].reverse()).toEqual(before);
  const changed = before.flatMap((partner, index) => (partner === more[index] ? [] : [index]));
  expect(changed.length).toBe(1);
  const [only = 0] = changed;
  expect(more[only]).toBe(digestsOf(61)[60]);
  expect(more[60]).toBe(before[only]);
});

test("equal records have the same partner, of other content where there is any", () => {
  const [a = "", b = "", c = ""] = digestsOf(3);
  for (let view = 0; view < 20; view++) {
    const partners = pairs([a, a, b, a, c, b], view);
    expect(new Set([partners[0], partners[1], partners[3]]).size).toBe(1);
    expect(partners[2]).toBe(partners[5]);
    expect(partners[0]).not.toBe(a);
    expect(partners[2]).not.toBe(b);
  }
  expect(pairs([a], 0)).toEqual([a]);
  expect(pairs([a, a], 0)).toEqual([a, a]);
});
