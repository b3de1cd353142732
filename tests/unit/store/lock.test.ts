import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Heartbeat, type Owner } from "../../../core/store/owner.ts";
import { openStore, type Store } from "../../../core/store/store.ts";
import { StoreProcess, useCompiledStore } from "./compiled-store.ts";
import { temporaryFolder, temporaryStore } from "./store-folder.ts";

const compiled = useCompiledStore();

async function startLocker(store: Store): Promise<StoreProcess> {
  const child = new StoreProcess("lock.mjs", [compiled.entry, store.layout.root]);
  expect(await child.line()).toBe("ready");
  return child;
}

/** Rewrites the record of the lock `k1`, which this process holds, as if another process had made it. */
async function disguise(store: Store, change: Partial<Owner>, silenceSeconds: number): Promise<void> {
  const folder = join(store.layout.locks, "k1");
  const path = join(folder, (await readdir(folder))[0] ?? "");
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...change }));
  const heartbeat = Date.now() / 1000 - silenceSeconds;
  await utimes(path, heartbeat, heartbeat);
}

const locked = expect.objectContaining({ code: "KDF_STORE_LOCKED" });

describe("a lock", () => {
  test("of a living process is refused, naming its pid and since when", async () => {
    const { store } = await temporaryStore();
    const child = await startLocker(store);
    child.say("k1");
    expect(await child.line()).toBe("k1 won");
    const refused = store.lock("k1");
    await expect(refused).rejects.toThrow(locked);
    await expect(refused).rejects.toThrow(new RegExp(`process ${child.process.pid} on ".+" since \\d{4}-`));
    expect(await readdir(store.layout.tmp)).toEqual([]);
    await child.kill();
  });

  test("of a killed process is taken over at once", async () => {
    const { store } = await temporaryStore();
    const child = await startLocker(store);
    child.say("k1");
    await child.line();
    await child.kill();
    const lock = await store.lock("k1");
    await expect(store.lock("k1")).rejects.toThrow(locked);
    await lock.release();
    expect(await readdir(store.layout.locks)).toEqual([]);
  });

  test("can be waited for, and the owner is named once", async () => {
    const { store } = await temporaryStore();
    const first = await store.lock("k1");
    const owners: (number | undefined)[] = [];
    const waiting = store.lock("k1", { onWait: (owner) => owners.push(owner?.pid) });
    await delay(600);
    await first.release();
    const second = await waiting;
    expect(owners).toEqual([process.pid]);
    expect(second.lost).toBe(false);
    await second.release();
  });

  test("is no longer waited for once the run is interrupted", async () => {
    const { store } = await temporaryStore();
    const first = await store.lock("k1");
    const interrupt = new AbortController();
    const waiting = store.lock("k1", { signal: interrupt.signal, onWait: () => interrupt.abort(new Error("ctrl-c")) });
    await expect(waiting).rejects.toThrow("ctrl-c");
    expect(await readdir(store.layout.tmp)).toEqual([]);
    await first.release();
  });

  test.each<[string, Partial<Owner>, number]>([
    ["from before a restart of the machine", { bootId: "another-boot" }, 0],
    ["of a process whose pid now belongs to another", { startTime: "1" }, 0],
    ["of another machine that was silent for 121 s", { host: "elsewhere" }, 121],
    ["of another container that was silent for 121 s", { pidNamespace: "pid:[1]" }, 121],
  ])("%s is taken over", async (_title, change, silenceSeconds) => {
    const { store } = await temporaryStore();
    await store.lock("k1");
    await disguise(store, change, silenceSeconds);
    const lock = await store.lock("k1");
    await lock.release();
  });

  test.each<[string, Partial<Owner>, number]>([
    ["another machine that gave a sign of life", { host: "elsewhere" }, 100],
    ["another container that gave a sign of life", { pidNamespace: "pid:[1]" }, 100],
    ["a living process that was silent for an hour", {}, 3600],
  ])("of %s is respected", async (_title, change, silenceSeconds) => {
    const { store } = await temporaryStore();
    await store.lock("k1");
    await disguise(store, change, silenceSeconds);
    await expect(store.lock("k1")).rejects.toThrow(locked);
  });

  test("with an unreadable record counts as that of another machine", async () => {
    const { store } = await temporaryStore();
    await store.lock("k1");
    const folder = join(store.layout.locks, "k1");
    const path = join(folder, (await readdir(folder))[0] ?? "");
    await writeFile(path, "");
    await expect(store.lock("k1")).rejects.toThrow("another process");
    await utimes(path, 1, 1);
    await store.lock("k1");
  });

  test("whose folder is empty, because its owner died while giving it back, is free", async () => {
    const { store } = await temporaryStore();
    await store.lock("k1");
    const folder = join(store.layout.locks, "k1");
    await rm(join(folder, (await readdir(folder))[0] ?? ""));
    await store.lock("k1");
  });
});

test("of several processes that race for dead locks, exactly one wins each", async () => {
  const { store } = await temporaryStore();
  const names = Array.from({ length: 40 }, (_, index) => `k${index}`);
  const dead = await startLocker(store);
  dead.say(names.join(" "));
  for (const name of names) expect(await dead.line()).toBe(`${name} won`);
  await dead.kill();

  const racers = await Promise.all([1, 2, 3, 4].map(() => startLocker(store)));
  const answers = new Map(names.map((name) => [name, [] as string[]]));
  for (const racer of racers) racer.say(names.join(" "));
  for (const racer of racers) {
    for (const name of names) answers.get(name)?.push((await racer.line()) ?? "");
  }
  await Promise.all(racers.map((racer) => racer.kill()));
  for (const [name, said] of answers) {
    const refusal = `${name} KDF_STORE_LOCKED`;
    expect(said.sort()).toEqual([refusal, refusal, refusal, `${name} won`].sort());
  }
});

test("locks of dead runs are cleared away when the store is opened", async () => {
  const root = await temporaryFolder();
  const store = await openStore(root);
  const child = await startLocker(store);
  child.say("use k1");
  expect([await child.line(), await child.line()]).toEqual(["use won", "k1 won"]);
  await expect(store.gc({ keep: [] })).rejects.toThrow(locked);
  await openStore(root);
  expect(await readdir(store.layout.locks)).toHaveLength(2);
  await child.kill();
  await openStore(root);
  expect(await readdir(store.layout.locks)).toEqual([]);
  await store.gc({ keep: [] });
});

test("a heartbeat touches its file until somebody else has removed it", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "record");
  await writeFile(path, "");
  await utimes(path, 1, 1);
  const heartbeat = new Heartbeat(path, 20);
  await expect.poll(async () => (await stat(path)).mtimeMs).toBeGreaterThan(1000);
  expect(heartbeat.lost).toBe(false);
  await rm(path);
  await expect.poll(() => heartbeat.lost).toBe(true);
  heartbeat.stop();
});
