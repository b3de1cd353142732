import { expect, test } from "vitest";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import type { Store } from "../../../core/store/store.ts";
import { endFolder, endsOf, loadEnd } from "../../../core/store/trajectories.ts";
import { commitFiles, temporaryStore } from "./store-folder.ts";

/** Finishes work of some length as a stage does, and keeps its end. */
async function finish(store: Store, length: number, content = `end ${length}`): Promise<void> {
  const checkpoints = openCheckpoints(store, `k${length}`);
  await checkpoints.save({ state: content });
  await checkpoints.moveLast(endFolder(store.layout, "t", length, `k${length}`));
  await checkpoints.clear();
}

async function stateAtMost(store: Store, length: number): Promise<string | undefined> {
  const end = await loadEnd(store, "t", length);
  return end && `${end.length}: ${Buffer.from(end.files["state"] ?? []).toString()}`;
}

test("the longest end that is not longer than asked for is loaded, whatever was finished last", async () => {
  const { store } = await temporaryStore();
  for (const length of [10, 3, 9]) await finish(store, length);

  expect(await stateAtMost(store, 2)).toBeUndefined();
  expect(await stateAtMost(store, 3)).toBe("3: end 3");
  expect(await stateAtMost(store, 9)).toBe("9: end 9");
  expect(await stateAtMost(store, 100)).toBe("10: end 10");
  expect(await loadEnd(store, "other", 100)).toBeUndefined();
  expect(await openCheckpoints(store, "k10").load()).toBeUndefined();
});

test("an end that is replaced while others are finished and read is always whole", async () => {
  const { store, warnings } = await temporaryStore();
  await finish(store, 1, "old");
  const again = await temporaryStore(store.layout.root);

  const reads = Array.from({ length: 20 }, () => stateAtMost(again.store, 1));
  await Promise.all([finish(store, 1, "new"), finish(store, 2), finish(store, 3), ...reads]);

  for (const read of await Promise.all(reads)) expect([undefined, "1: old", "1: new"]).toContain(read);
  expect(await stateAtMost(again.store, 1)).toBe("1: new");
  expect((await endsOf(store.layout, "t")).map(({ length }) => length)).toEqual([3, 2, 1]);
  expect([...warnings, ...again.warnings]).toEqual([]);
});

test("work that left no checkpoint keeps the end that is there", async () => {
  const { store } = await temporaryStore();
  await finish(store, 2);

  await openCheckpoints(store, "k2").moveLast(endFolder(store.layout, "t", 2, "k2"));

  expect(await stateAtMost(store, 2)).toBe("2: end 2");
});

test("a collection keeps an end as long as the result of the same work", async () => {
  const { store } = await temporaryStore();
  for (const length of [1, 2, 3]) await finish(store, length);
  for (const key of ["k1", "k2"]) await commitFiles(store, key, { weights: key });

  const dry = await store.gc({ keep: ["k2", "k3"], dryRun: true });
  const { ends, freedBytes } = await store.gc({ keep: ["k2", "k3"] });

  expect(ends).toEqual(["k3", "k1"]);
  expect({ ends: dry.ends, freedBytes: dry.freedBytes }).toEqual({ ends, freedBytes });
  expect(await stateAtMost(store, 100)).toBe("2: end 2");
});
