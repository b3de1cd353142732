import { cp, readdir, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import { temporaryStore } from "./store-folder.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("checkpoints", () => {
  test("come back as they were saved, in another process's store too", async () => {
    const { store } = await temporaryStore();
    await openCheckpoints(store, "k1").save({ "weights.bin": bytes(1, 2, 3), "state.json": '{"epoch":1}' });
    const again = await temporaryStore(store.layout.root);
    const files = await openCheckpoints(again.store, "k1").load();
    expect(Object.keys(files ?? {})).toEqual(["state.json", "weights.bin"]);
    expect([...(files?.["weights.bin"] ?? [])]).toEqual([1, 2, 3]);
    expect(Buffer.from(files?.["state.json"] ?? []).toString()).toBe('{"epoch":1}');
    expect(await openCheckpoints(store, "k2").load()).toBeUndefined();
  });

  test("replace each other, so that only the last one takes space", async () => {
    const { store } = await temporaryStore();
    const checkpoints = openCheckpoints(store, "k1");
    for (const epoch of [1, 2, 3]) await checkpoints.save({ epoch: bytes(epoch) });
    expect([...((await checkpoints.load())?.["epoch"] ?? [])]).toEqual([3]);
    expect(await readdir(join(store.layout.checkpoints, "k1"))).toEqual(["3"]);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("fall back to the one before where the last one is damaged", async () => {
    const { store, warnings } = await temporaryStore();
    const checkpoints = openCheckpoints(store, "k1");
    const folder = join(store.layout.checkpoints, "k1");
    await checkpoints.save({ epoch: bytes(1) });
    await cp(join(folder, "1"), join(store.layout.root, "kept"), { recursive: true });
    await checkpoints.save({ epoch: bytes(2) });
    await rename(join(store.layout.root, "kept"), join(folder, "1"));
    await writeFile(join(folder, "2", "epoch"), bytes(9));
    expect([...((await checkpoints.load())?.["epoch"] ?? [])]).toEqual([1]);
    expect(warnings).toEqual([expect.stringContaining('"epoch" has other content than when it was saved')]);
    expect(await readdir(store.layout.damaged)).toEqual(["checkpoint-k1-2-1"]);
  });

  test("that are damaged without one before are none", async () => {
    const { store, warnings } = await temporaryStore();
    const checkpoints = openCheckpoints(store, "k1");
    await checkpoints.save({ epoch: bytes(1) });
    await truncate(join(store.layout.checkpoints, "k1", "1", "manifest.json"), 10);
    expect(await checkpoints.load()).toBeUndefined();
    expect(warnings).toHaveLength(1);
    await checkpoints.save({ epoch: bytes(2) });
    expect([...((await checkpoints.load())?.["epoch"] ?? [])]).toEqual([2]);
  });

  test("are gone after clear, which may come twice", async () => {
    const { store } = await temporaryStore();
    const checkpoints = openCheckpoints(store, "k1");
    await checkpoints.save({ epoch: bytes(1) });
    await checkpoints.clear();
    await checkpoints.clear();
    expect(await checkpoints.load()).toBeUndefined();
    expect(await readdir(store.layout.checkpoints)).toEqual([]);
  });

  test("are kept by a collection unless it is told to drop unfinished work", async () => {
    const { store } = await temporaryStore();
    await openCheckpoints(store, "wanted").save({ epoch: bytes(1) });
    await openCheckpoints(store, "old").save({ epoch: bytes(1) });
    await store.gc({ keep: [] });
    expect(await readdir(store.layout.checkpoints)).toEqual(["old", "wanted"]);
    const { checkpoints } = await store.gc({ keep: ["wanted"], checkpoints: true });
    expect(checkpoints).toEqual(["old"]);
    expect(await readdir(store.layout.checkpoints)).toEqual(["wanted"]);
  });

  test("refuse a file name that leaves their folder", async () => {
    const { store } = await temporaryStore();
    const saving = openCheckpoints(store, "k1").save({ "../weights.bin": bytes(1) });
    await expect(saving).rejects.toThrow(expect.objectContaining({ code: "KDF_INTERNAL" }));
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });
});
