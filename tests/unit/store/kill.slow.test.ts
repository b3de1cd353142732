import { readdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import { StoreProcess, useCompiledStore } from "./compiled-store.ts";
import { temporaryFolder, temporaryStore } from "./store-folder.ts";

const compiled = useCompiledStore();

/** Milliseconds after the start of a commit; one takes some tens of them. */
const moments = [0, 1, 2, 4, 6, 9, 13, 18, 25, 35, 50, 70];

test("a process killed in the middle of a commit leaves whole artifacts and nothing else", async () => {
  const root = await temporaryFolder();
  let next = 0;
  const promised: string[] = [];
  for (const moment of moments) {
    const child = new StoreProcess("commit.mjs", [compiled.entry, root, String(next)]);
    expect(await child.line()).toBe(`committing ${next}`);
    await delay(moment);
    await child.kill();
    for (let line = await child.line(); line !== undefined; line = await child.line()) {
      const [word, number] = line.split(" ");
      if (word === "committed") promised.push(`key-${number}`);
      next = Math.max(next, Number(number));
    }
    next++;

    const { store, warnings } = await temporaryStore(root);
    expect(await readdir(store.layout.tmp)).toEqual([]);
    const results = await store.verify();
    expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
    for (const key of promised) expect((await store.find(key))?.files).toHaveLength(20);
    expect(warnings).toEqual([]);
  }
});

test("a process killed while it saves checkpoints leaves the last one or the one before, whole", async () => {
  const root = await temporaryFolder();
  for (const moment of moments) {
    const child = new StoreProcess("checkpoint.mjs", [compiled.entry, root]);
    let epoch = Number(await child.line());
    await delay(moment);
    await child.kill();
    for (let line = await child.line(); line !== undefined; line = await child.line()) epoch = Number(line);

    const { store, warnings } = await temporaryStore(root);
    const checkpoints = openCheckpoints(store, "train-1");
    const files = await checkpoints.load();
    const state = JSON.parse(Buffer.from(files?.["state.json"] ?? []).toString()) as { epoch: number };
    // The kill may come between the rename and the line that tells of it.
    expect([epoch, epoch + 1]).toContain(state.epoch);
    expect(new Set(files?.["weights.bin"])).toEqual(new Set([state.epoch % 256]));
    expect(await readdir(store.layout.tmp)).toEqual([]);
    expect(warnings).toEqual([]);
    await checkpoints.clear();
    expect(await readdir(store.layout.checkpoints)).toEqual([]);
  }
});

test("a process killed while it replaces a file leaves the old one, and nothing once the store is opened again", async () => {
  const root = await temporaryFolder();
  const { layout } = (await temporaryStore(root)).store;
  await writeFile(layout.digests, "old");
  const child = new StoreProcess("replace.mjs", [compiled.entry, root]);
  await child.end();
  expect(await readdir(layout.tmp)).toHaveLength(1);
  expect(await readFile(layout.digests, "utf8")).toBe("old");

  await temporaryStore(root);
  expect(await readdir(layout.tmp)).toEqual([]);
});
