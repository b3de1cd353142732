import { readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoints, whyAgain } from "../../../core/store/checkpoints.ts";
import { openParts } from "../../../core/store/parts.ts";
import { StoreProcess, useCompiledStore } from "./compiled-store.ts";
import { commitFiles, temporaryFolder, temporaryStore } from "./store-folder.ts";

const compiled = useCompiledStore();

describe("a result that is made again", () => {
  test("stays the same folder where its content is equal, so that who reads it is not disturbed", async () => {
    const { store } = await temporaryStore();
    const first = await commitFiles(store, "k1", { "a.txt": "same" });
    const { ino } = await stat(first.directory);
    await commitFiles(store, "k1", { "a.txt": "same" }, { replace: true });
    expect((await stat(first.directory)).ino).toBe(ino);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("is never absent for another process, though each time its content differs", async () => {
    const root = await temporaryFolder();
    const child = new StoreProcess("force.mjs", [compiled.entry, root]);
    expect(await child.line()).toBe("begun");
    const { store, warnings } = await temporaryStore(root);
    const digests = new Set<string | undefined>();
    for (let look = 0; look < 1500; look++) digests.add((await store.find("shared"))?.digest);
    await child.kill();
    expect(digests).not.toContain(undefined);
    expect(digests.size).toBeGreaterThan(10);
    expect(warnings).toEqual([]);
  });

  test("is put back where the process died between the two renames", async () => {
    const { store } = await temporaryStore();
    const first = await commitFiles(store, "k1", { "a.txt": "first" });
    const aside = join(store.layout.tmp, "replaced-k1");
    await rename(first.directory, aside);
    expect((await store.find("k1"))?.digest).toBe(first.digest);

    await rename(first.directory, aside);
    const { store: next } = await temporaryStore(store.layout.root);
    expect((await next.find("k1"))?.digest).toBe(first.digest);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });
});

test("parts that are made anew are not seen before, and stay where they are equal", async () => {
  const { store } = await temporaryStore();
  const { directory } = await commitFiles(store, "p1", { "a.txt": "same" }, { kind: "part", provider: "logits" });
  const { ino } = await stat(directory);
  const parts = openParts(store, { provider: "logits", anew: true });
  expect(await parts.find("p1")).toBeUndefined();
  expect((await stat(directory)).ino).toBe(ino);
});

test("work that was forced and not finished is left to do, but not while it is at work", async () => {
  const { store } = await temporaryStore();
  const lock = await store.lock("k1");
  await openCheckpoints(store, "k1").beginForced("forced");
  expect(await whyAgain(store, "k1")).toBeUndefined();
  await lock.release();
  expect(await whyAgain(store, "k1")).toBe("forced");
  await openCheckpoints(store, "k1").clear();
  expect(await whyAgain(store, "k1")).toBeUndefined();
});
