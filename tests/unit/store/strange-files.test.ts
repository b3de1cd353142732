import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import { readRegularFile } from "../../../core/store/regular-file.ts";
import { endFolder, loadEnd } from "../../../core/store/trajectories.ts";
import { commitFiles, temporaryFolder, temporaryStore } from "./store-folder.ts";

/** What may stand where a file or folder should, each made at a path. */
const strange: readonly (readonly [string, (path: string) => Promise<void>])[] = [
  ["a folder", (path) => mkdir(path)],
  ["a file", (path) => writeFile(path, "{")],
  ["a link to itself", (path) => symlink(path, path)],
  ["a pipe that nobody writes to", async (path) => void execFileSync("mkfifo", [path])],
];

const put = async (make: (path: string) => Promise<void>, path: string): Promise<void> => {
  await rm(path, { recursive: true, force: true });
  await make(path);
};

describe.skipIf(process.platform === "win32").each(strange)("with %s in the place of", (_, make) => {
  test.each(["manifest.json", ""])("a result's %s the result is set aside and made again", async (name) => {
    const { store, warnings } = await temporaryStore();
    const { directory } = await commitFiles(store, "k1", { "a.txt": "1" });
    await put(make, join(directory, name));
    expect(await store.find("k1")).toBeUndefined();
    expect(await store.verify()).toEqual([]);
    const again = await commitFiles(store, "k1", { "a.txt": "1" });
    expect((await store.find("k1"))?.digest).toBe(again.digest);
    expect(warnings).toHaveLength(1);
  });

  test.each(["1/manifest.json", "1", "1/w.bin", ""])(
    "a checkpoint's %s work begins anew and saves again",
    async (name) => {
      const { store } = await temporaryStore();
      const checkpoints = openCheckpoints(store, "k1");
      await checkpoints.save({ "w.bin": new Uint8Array([1]) });
      await put(make, join(store.layout.checkpoints, "k1", name));
      expect(await checkpoints.load()).toBeUndefined();
      await checkpoints.save({ "w.bin": new Uint8Array([2]) });
      expect(await checkpoints.load()).toEqual({ "w.bin": Buffer.from([2]) });
    },
  );

  test("the kept ends of trainings there are none, and new ones are kept", async () => {
    const { store } = await temporaryStore();
    await put(make, join(store.layout.trajectories, "t1"));
    expect(await loadEnd(store, "t1", 5)).toBeUndefined();
    const checkpoints = openCheckpoints(store, "k1");
    await checkpoints.save({ "w.bin": new Uint8Array([1]) });
    await checkpoints.moveLast(endFolder(store.layout, "t1", 2, "k1"));
    expect(await loadEnd(store, "t1", 5)).toMatchObject({ length: 2 });
  });

  test("the memory of digests and the notes on a result the store works on", async () => {
    const root = await temporaryFolder();
    const first = await temporaryStore(root);
    await commitFiles(first.store, "k1", { "a.txt": "1" });
    await put(make, first.store.layout.digests);
    await put(make, join(first.store.layout.stats, "k1.json"));
    const { store, warnings } = await temporaryStore(root);
    expect((await store.look("k1"))?.key).toBe("k1");
    await store.close();
    expect(warnings).toEqual([]);
  });
});

test("a file in the place of a lock does not keep it from anybody", async () => {
  const { store } = await temporaryStore();
  await writeFile(join(store.layout.locks, "k1"), "");
  const lock = await store.lock("k1");
  await lock.release();
});

test("a file is read up to its limit only", async () => {
  const path = join(await temporaryFolder(), "a.bin");
  await writeFile(path, "12345");
  expect(String(await readRegularFile(path, 5))).toBe("12345");
  await expect(readRegularFile(path, 4)).rejects.toThrow("has 5 bytes, more than the 4 that are read");
});
