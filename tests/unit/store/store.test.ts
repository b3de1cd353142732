import { appendFile, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../../core/store/sha256.ts";
import { openStore } from "../../../core/store/store.ts";
import { commitFiles, rot, temporaryFolder, temporaryStore } from "./store-folder.ts";

/** Changes one byte and puts the times back, as a failing disk would. */
async function flipByte(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const content = await readFile(path);
  content[0] = (content[0] ?? 0) ^ 1;
  await writeFile(path, content);
  await utimes(path, atime, mtime);
}

describe("a committed artifact", () => {
  test("is found with its files, digest and size", async () => {
    const { store } = await temporaryStore();
    const committed = await commitFiles(store, "k1", { "model.json": "{}", "deep/er/weights.bin": "abc" });
    const found = await store.find("k1");
    expect(found).toEqual(committed);
    expect(found?.bytes).toBe(2 + 3);
    expect(found?.files).toEqual([
      { path: "deep/er/weights.bin", bytes: 3, sha256: sha256("abc") },
      { path: "model.json", bytes: 2, sha256: sha256("{}") },
    ]);
    expect(await readFile(join(found?.directory ?? "", "deep/er/weights.bin"), "utf8")).toBe("abc");
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("has the same bytes in two stores, whatever the stage's name", async () => {
    const [a, b] = [(await temporaryStore()).store, (await temporaryStore()).store];
    const first = await commitFiles(a, "k1", { "a.txt": "1" }, { stage: "train" });
    const second = await commitFiles(b, "k1", { "a.txt": "1" }, { stage: "other" });
    const manifests = [first, second].map(({ directory }) => readFile(join(directory, "manifest.json"), "utf8"));
    expect(await manifests[0]).toBe(await manifests[1]);
    expect((await b.find("k1"))?.stage).toBe("other");
  });

  test("has a digest that does not depend on measurements, only on content", async () => {
    const { store } = await temporaryStore();
    const volatile = ["latency.json"];
    const a = await commitFiles(store, "a", { "metrics.json": "1", "latency.json": "7" }, { volatile });
    const b = await commitFiles(store, "b", { "metrics.json": "1", "latency.json": "8" }, { volatile });
    const c = await commitFiles(store, "c", { "metrics.json": "2", "latency.json": "7" }, { volatile });
    expect(b.digest).toBe(a.digest);
    expect(c.digest).not.toBe(a.digest);
  });

  test("stays when the same key is committed again, and ours is dropped", async () => {
    const { store } = await temporaryStore();
    const first = await commitFiles(store, "k1", { "a.txt": "first" });
    const second = await commitFiles(store, "k1", { "a.txt": "second" });
    expect(second.digest).toBe(first.digest);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("is replaced when that is asked for", async () => {
    const { store } = await temporaryStore();
    await commitFiles(store, "k1", { "a.txt": "first" });
    const second = await commitFiles(store, "k1", { "a.txt": "second" }, { replace: true });
    expect((await store.find("k1"))?.digest).toBe(second.digest);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("takes the place of a damaged one", async () => {
    const { store, warnings } = await temporaryStore();
    const first = await commitFiles(store, "k1", { "a.txt": "first" });
    await rm(join(first.directory, "a.txt"));
    await commitFiles(store, "k1", { "a.txt": "first" });
    expect((await store.find("k1"))?.digest).toBe(first.digest);
    expect(warnings).toHaveLength(1);
  });
});

describe("find", () => {
  test.each([
    ["a truncated file", (folder: string) => truncate(join(folder, "weights.bin"), 1), "has 1 bytes"],
    ["a longer file", (folder: string) => appendFile(join(folder, "weights.bin"), "x"), "has 4 bytes"],
    ["a missing file", (folder: string) => rm(join(folder, "weights.bin")), "is missing"],
    ["other content", (folder: string) => writeFile(join(folder, "weights.bin"), "xyz"), "has other content"],
    ["a missing manifest", (folder: string) => rm(join(folder, "manifest.json")), "manifest.json is missing"],
    ["half a manifest", (folder: string) => truncate(join(folder, "manifest.json"), 40), "manifest.json is not JSON"],
    ["a flipped byte in the manifest", changeKind, "does not match its checksum"],
  ])("sets an artifact aside that has %s", async (_title, damage, reason) => {
    const { store, warnings } = await temporaryStore();
    const { directory } = await commitFiles(store, "k1", { "weights.bin": "abc" });
    await damage(directory);
    expect(await store.find("k1")).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(reason)]);
    expect(await readdir(store.layout.damaged)).toEqual(["k1-1"]);
    expect(await store.find("k1")).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  test("reads all content once in a process, so that rot which times do not tell is found; look does not", async () => {
    const { store, warnings } = await temporaryStore();
    const { directory } = await commitFiles(store, "k1", { "weights.bin": "abc" });
    await rot(store, "k1", join(directory, "weights.bin"));
    expect((await store.look("k1"))?.key).toBe("k1");
    expect(await store.find("k1")).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("has other content")]);
  });

  test("trusts files that were copied or touched once their content is checked", async () => {
    const { store, warnings } = await temporaryStore();
    const { directory } = await commitFiles(store, "k1", { "weights.bin": "abc" }, { stage: "train" });
    await utimes(join(directory, "weights.bin"), 1, 1);
    await rm(join(store.layout.stats, "k1.json"));
    expect((await store.find("k1"))?.key).toBe("k1");
    expect(await readdir(store.layout.stats)).toEqual(["k1.json"]);
    await writeFile(join(store.layout.stats, "k1.json"), "half a re");
    expect((await store.find("k1"))?.key).toBe("k1");
    expect(warnings).toEqual([]);
  });

  test("sets an artifact aside whose part is damaged", async () => {
    const { store, warnings } = await temporaryStore();
    const part = await commitFiles(store, "part", { "shard.arrow": "abc" }, { kind: "part" });
    await commitFiles(store, "whole", { "index.json": "{}" }, { references: ["part"] });
    expect((await store.find("whole"))?.references).toEqual(["part"]);
    await truncate(join(part.directory, "shard.arrow"), 0);
    expect(await store.find("whole")).toBeUndefined();
    expect(warnings).toHaveLength(2);
    expect(await readdir(store.layout.damaged)).toEqual(["part-1", "whole-1"]);
  });

  test("refuses a key that could leave the store", async () => {
    const { store } = await temporaryStore();
    await expect(store.find("../k1")).rejects.toThrow(expect.objectContaining({ code: "KDF_INTERNAL" }));
  });
});

async function changeKind(folder: string): Promise<void> {
  const path = join(folder, "manifest.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"train"', '"trbin"'));
}

describe("a commit", () => {
  test("reads the keys of parts from references.json", async () => {
    const { store } = await temporaryStore();
    await commitFiles(store, "part", { "a.txt": "1" }, { kind: "part" });
    const whole = await commitFiles(store, "whole", { "references.json": '["part"]' });
    expect(whole.references).toEqual(["part"]);
  });

  test.each([
    ["refers to what is not there", { "references.json": '["nothing"]' }, "nothing"],
    ["has references that are no list of keys", { "references.json": '{"a":1}' }, "not a list of keys"],
    ["uses the name of the manifest", { "manifest.json": "{}" }, "manifest.json"],
  ])("is refused when it %s, and nothing is kept", async (_title, files, words) => {
    const { store } = await temporaryStore();
    const failure = expect.objectContaining({ code: "KDF_PLUGIN_PROVIDER", message: expect.stringContaining(words) });
    await expect(commitFiles(store, "k1", files)).rejects.toThrow(failure);
    expect(await readdir(store.layout.artifacts)).toEqual([]);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("is refused when a link was written", async () => {
    const { store } = await temporaryStore();
    const transaction = await store.begin("k1");
    await symlink("/etc/hostname", join(transaction.directory, "link"));
    const committing = transaction.commit({ kind: "train", provider: "distill" });
    await expect(committing).rejects.toThrow(expect.objectContaining({ code: "KDF_PLUGIN_PROVIDER" }));
  });

  test("that is aborted leaves nothing", async () => {
    const { store } = await temporaryStore();
    const transaction = await store.begin("k1");
    await writeFile(join(transaction.directory, "a.txt"), "1");
    await transaction.abort();
    expect(await readdir(store.layout.tmp)).toEqual([]);
    expect(await store.find("k1")).toBeUndefined();
  });
});

describe("verify", () => {
  test("finds a flipped byte, and sets the artifact aside", async () => {
    const { store, warnings } = await temporaryStore();
    await commitFiles(store, "good", { "a.txt": "1" });
    const bad = await commitFiles(store, "bad", { "weights.bin": "abc" });
    await flipByte(join(bad.directory, "weights.bin"));
    const results = await store.verify();
    expect(results).toEqual([
      {
        key: "bad",
        digest: bad.digest,
        kind: "train",
        problems: ['"weights.bin" has other content than when it was committed'],
        movedTo: join(store.layout.damaged, "bad-1"),
      },
      { key: "good", kind: "train", problems: [], movedTo: undefined },
    ]);
    expect(warnings).toHaveLength(1);
    expect(await store.find("bad")).toBeUndefined();
    expect((await store.verify("good")).map(({ problems }) => problems)).toEqual([[]]);
  });

  test("stops when it is told to", async () => {
    const { store } = await temporaryStore();
    await commitFiles(store, "k1", { "a.txt": "1" });
    await expect(store.verify("k1", AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});

describe("gc", () => {
  test("keeps what is asked for and what that needs, and frees the rest", async () => {
    const { store } = await temporaryStore();
    await commitFiles(store, "part", { "a.bin": "12345" }, { kind: "part" });
    await commitFiles(store, "labels", { "b.txt": "1" }, { references: ["part"] });
    await commitFiles(store, "old", { "c.txt": "123" });
    const planned = await store.gc({ keep: ["labels"], dryRun: true });
    expect(planned.removed.map(({ key }) => key)).toEqual(["old"]);
    expect((await store.list()).map(({ key }) => key)).toEqual(["labels", "old", "part"]);

    const done = await store.gc({ keep: ["labels"] });
    expect(done.freedBytes).toBe(3);
    expect(done.kept.map(({ key }) => key)).toEqual(["labels", "part"]);
    expect((await store.list()).map(({ key }) => key)).toEqual(["labels", "part"]);
    expect(await readdir(store.layout.stats)).toEqual(["labels.json", "part.json"]);
    expect(await readdir(store.layout.tmp)).toEqual([]);
  });

  test("empties the folder of damaged artifacts", async () => {
    const { store } = await temporaryStore();
    const { directory } = await commitFiles(store, "k1", { "a.txt": "123" });
    await truncate(join(directory, "a.txt"), 1);
    await store.find("k1");
    expect((await store.sizes()).damaged).toBeGreaterThan(0);
    await store.gc({ keep: [] });
    expect((await store.sizes()).damaged).toBe(0);
  });

  test("refuses while a run uses the store", async () => {
    const { store } = await temporaryStore();
    const use = await store.use();
    await expect(store.gc({ keep: [] })).rejects.toThrow(
      expect.objectContaining({ code: "KDF_STORE_LOCKED", message: expect.stringContaining(String(process.pid)) }),
    );
    await use.release();
    await store.gc({ keep: [] });
    expect(await readdir(store.layout.locks)).toEqual([]);
  });
});

test.runIf(process.platform === "linux")("a store where no folder can be made is unreadable at once", async () => {
  await expect(openStore("/proc/kdflow-none/deeper")).rejects.toThrow(
    expect.objectContaining({
      code: "KDF_STORE_UNREADABLE",
      message: '"/proc/kdflow-none/deeper" cannot be made',
      cause: expect.objectContaining({ path: "/proc/kdflow-none" }),
    }),
  );
});

test("a store that cannot be made is unreadable, with its path", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "file"), "");
  await expect(openStore(join(folder, "file"))).rejects.toThrow(
    expect.objectContaining({ code: "KDF_STORE_UNREADABLE", message: expect.stringContaining(join(folder, "file")) }),
  );
});
