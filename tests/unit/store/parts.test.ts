import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openParts } from "../../../core/store/parts.ts";
import { commitFiles, temporaryStore } from "./store-folder.ts";

const shard =
  (content: string): ((directory: string) => Promise<void>) =>
  (directory) =>
    writeFile(join(directory, "shard.arrow"), content);

describe("parts", () => {
  test("have keys made from identity, provider and scope, whatever the order of fields", async () => {
    const { store } = await temporaryStore();
    const parts = openParts(store, { provider: "logits", scope: { cacheVersion: 1 } });
    const key = parts.key({ teacher: "t", records: ["r1", "r2"] });
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(parts.key({ records: ["r1", "r2"], teacher: "t" })).toBe(key);
    expect(parts.key({ records: ["r2", "r1"], teacher: "t" })).not.toBe(key);
    const identity = { teacher: "t", records: ["r1", "r2"] };
    expect(openParts(store, { provider: "other", scope: { cacheVersion: 1 } }).key(identity)).not.toBe(key);
    expect(openParts(store, { provider: "logits", scope: { cacheVersion: 2 } }).key(identity)).not.toBe(key);
  });

  test("are found once committed, and not written again", async () => {
    const { store } = await temporaryStore();
    const parts = openParts(store, { provider: "logits" });
    const key = parts.key({ shard: 0 });
    expect(await parts.find(key)).toBeUndefined();
    const directory = await parts.commit(key, shard("1"));
    expect(await parts.find(key)).toBe(directory);
    expect(await parts.commit(key, shard("2"))).toBe(directory);
    expect(await readFile(join(directory, "shard.arrow"), "utf8")).toBe("1");
  });

  test("that fail while they are written leave nothing, and the failure comes through", async () => {
    const { store } = await temporaryStore();
    const parts = openParts(store, { provider: "logits" });
    const failure = new Error("the teacher broke");
    await expect(parts.commit(parts.key({}), () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await readdir(store.layout.tmp)).toEqual([]);
    expect(await store.list()).toEqual([]);
  });

  test("that are damaged are made again", async () => {
    const { store, warnings } = await temporaryStore();
    const parts = openParts(store, { provider: "logits" });
    const directory = await parts.commit("shard0", shard("123"));
    await truncate(join(directory, "shard.arrow"), 1);
    expect(await parts.find("shard0")).toBeUndefined();
    await parts.commit("shard0", shard("123"));
    expect(await parts.find("shard0")).toBe(directory);
    expect(warnings).toHaveLength(1);
  });

  test("stay while a kept artifact lists them in references.json", async () => {
    const { store } = await temporaryStore();
    const parts = openParts(store, { provider: "logits" });
    for (const key of ["listed", "orphan"]) await parts.commit(key, shard(key));
    await commitFiles(store, "labels", { "references.json": '["listed"]' });
    expect((await store.gc({ keep: ["labels"] })).removed.map(({ key }) => key)).toEqual(["orphan"]);
    expect(await parts.find("listed")).toBeDefined();
  });

  test("that are only kept, such as pictures, may be damaged or deleted, and are collected no sooner", async () => {
    const { store, warnings } = await temporaryStore();
    const parts = openParts(store, { provider: "distill" });
    const [damaged, deleted] = [await parts.commit("damaged", shard("123")), await parts.commit("deleted", shard("4"))];
    const files = { "weights.bin": "1", "references.json": '[{ "keep": "damaged" }, { "keep": "deleted" }]' };
    const training = await commitFiles(store, "training", files);
    expect(training.references).toEqual(["damaged", "deleted"]);
    expect((await store.gc({ keep: ["training"] })).removed).toEqual([]);
    await truncate(join(damaged, "shard.arrow"), 1);
    await rm(deleted, { recursive: true });
    expect(await store.find("training")).toMatchObject({ digest: training.digest });
    expect(await parts.find("damaged")).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  test("that are needed take what needs them with them", async () => {
    const { store } = await temporaryStore();
    await openParts(store, { provider: "logits" }).commit("needed", shard("1"));
    const labels = await commitFiles(store, "labels", { "references.json": '["needed"]' });
    expect(await store.find("labels")).toMatchObject({ digest: labels.digest });
    await rm(join(store.layout.artifacts, "needed"), { recursive: true });
    expect(await store.find("labels")).toBeUndefined();
  });
});
