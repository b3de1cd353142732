import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import { explainDiskError } from "../../../core/store/disk-errors.ts";
import { openParts } from "../../../core/store/parts.ts";
import { openStore } from "../../../core/store/store.ts";
import { commitFiles, temporaryStore } from "./store-folder.ts";

const run = promisify(execFile);

let disk = "";
let refusal: string | undefined;
beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), "kdflow-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  } catch (error) {
    refusal = `a small file system cannot be mounted here: ${error instanceof Error ? error.message : error}`;
  }
});
afterAll(async () => {
  if (refusal === undefined) await run("umount", [disk]);
  await rm(disk, { recursive: true, force: true });
});

const full = expect.objectContaining({ code: "KDF_STORE_DISK_FULL" });
const kilobytes = (count: number): Uint8Array => new Uint8Array(count * 1000).fill(7);

describe("on a file system of 1 MiB", () => {
  beforeEach(async ({ skip }) => {
    if (refusal !== undefined) skip(refusal);
    for (const name of await readdir(disk)) await rm(join(disk, name), { recursive: true });
  });

  test("a stage that fills it gets the folder and the space named, and what it wrote is gone", async () => {
    const { store } = await temporaryStore(disk);
    const kept = await commitFiles(store, "small", { "a.bin": kilobytes(300) });
    const transaction = await store.begin("large");
    const writing = writeFile(join(transaction.directory, "b.bin"), kilobytes(900));
    const error = await explainDiskError(await writing.catch((caught: unknown) => caught), store.layout.root);
    expect(error).toEqual(full);
    expect(String(error)).toContain(`no space left in "${disk}" (`);
    await transaction.abort();
    expect(await readdir(store.layout.tmp)).toEqual([]);
    expect(await store.find("small")).toEqual(kept);
  });

  test("a commit that fails leaves neither artifact nor scratch", async () => {
    const { store } = await temporaryStore(disk);
    const transaction = await store.begin("k1");
    await writeFile(join(transaction.directory, "a.txt"), "1");
    await fill(disk);
    await expect(transaction.commit({ kind: "train", provider: "distill" })).rejects.toThrow(full);
    expect(await readdir(store.layout.artifacts)).toEqual([]);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("a checkpoint that does not fit leaves the one before, and says how much was needed", async () => {
    const { store } = await temporaryStore(disk);
    const checkpoints = openCheckpoints(store, "k1");
    await checkpoints.save({ "weights.bin": kilobytes(600) });
    const saving = checkpoints.save({ "weights.bin": kilobytes(601) });
    await expect(saving).rejects.toThrow(full);
    await expect(saving).rejects.toThrow("0.6 MB needed");
    expect((await checkpoints.load())?.["weights.bin"]).toHaveLength(600_000);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("a part that does not fit leaves the parts before", async () => {
    const { store } = await temporaryStore(disk);
    const parts = openParts(store, { provider: "logits" });
    const write = (folder: string): Promise<void> => writeFile(join(folder, "shard.arrow"), kilobytes(400));
    const first = await parts.commit("a", write);
    await parts.commit("b", write);
    await expect(parts.commit("c", write)).rejects.toThrow(full);
    expect(await parts.find("a")).toBe(first);
    expect(await readdir(store.layout.artifacts)).toEqual(["a", "b"]);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("artifacts that were there are found, and a collection makes room", async () => {
    const { store } = await temporaryStore(disk);
    await commitFiles(store, "old", { "a.bin": kilobytes(500) });
    await fill(disk);
    await rm(join(store.layout.stats, "old.json"));
    expect((await store.find("old"))?.bytes).toBe(500_000);
    expect((await store.gc({ keep: [] })).freedBytes).toBe(500_000);
    await commitFiles(store, "new", { "a.bin": kilobytes(400) });
  });

  test("a store that cannot be written is unreadable, with its folder", async () => {
    const { store } = await temporaryStore(disk);
    await run("mount", ["-o", "remount,ro", disk]);
    try {
      const unreadable = expect.objectContaining({
        code: "KDF_STORE_UNREADABLE",
        message: expect.stringContaining(disk),
      });
      await expect(store.begin("k1")).rejects.toThrow(unreadable);
      await expect(store.lock("k1")).rejects.toThrow(unreadable);
      await expect(openStore(join(disk, "below"))).rejects.toThrow(unreadable);
      expect(await store.list()).toEqual([]);
    } finally {
      await run("mount", ["-o", "remount,rw", disk]);
    }
  });
});

/** Takes all the space that is left. */
async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, "filler"), kilobytes(1100)).catch(() => undefined);
}
