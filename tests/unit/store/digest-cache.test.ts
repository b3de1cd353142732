import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../../core/store/sha256.ts";
import { temporaryFolder, temporaryStore } from "./store-folder.ts";

/** A file that was last changed a minute ago. */
async function oldFile(content: string): Promise<string> {
  const path = join(await temporaryFolder(), "input.bin");
  await writeFile(path, content);
  await age(path);
  return path;
}

async function age(path: string): Promise<void> {
  const minuteAgo = Date.now() / 1000 - 60;
  await utimes(path, minuteAgo, minuteAgo);
}

describe("fileDigest", () => {
  test("is the SHA-256 of the content, and follows a change", async () => {
    const { store } = await temporaryStore();
    const path = await oldFile("abc");
    expect(await store.fileDigest(path)).toBe(sha256("abc"));
    await writeFile(path, "abd");
    expect(await store.fileDigest(path)).toBe(sha256("abd"));
  });

  test("is remembered by the next run without reading the file", async () => {
    const { store } = await temporaryStore();
    const path = await oldFile("abc");
    await store.fileDigest(path);
    await store.close();
    const saved = await readFile(store.layout.digests, "utf8");
    const { format, entries } = JSON.parse(saved.replace(sha256("abc"), sha256("remembered"))) as Record<
      string,
      unknown
    >;
    const checksum = sha256(JSON.stringify(entries));
    await writeFile(store.layout.digests, JSON.stringify({ format, checksum, entries }));
    const again = await temporaryStore(store.layout.root);
    expect(await again.store.fileDigest(path)).toBe(sha256("remembered"));
  });

  test("is not believed where the memory does not match its checksum", async () => {
    const { store } = await temporaryStore();
    const path = await oldFile("abc");
    await store.fileDigest(path);
    await store.close();
    const saved = await readFile(store.layout.digests, "utf8");
    await writeFile(store.layout.digests, saved.replace(sha256("abc"), sha256("rotten")));
    const again = await temporaryStore(store.layout.root);
    expect(await again.store.fileDigest(path)).toBe(sha256("abc"));
  });

  test("is not remembered for a file that was changed in place and given its old time again", async () => {
    const { store } = await temporaryStore();
    const path = await oldFile("abc");
    const { atime, mtime } = await stat(path);
    await store.fileDigest(path);
    await writeFile(path, "xyz");
    await utimes(path, atime, mtime);
    expect(await store.fileDigest(path)).toBe(sha256("xyz"));
  });

  test("is not remembered for another file of the same size and time in its place", async () => {
    const { store } = await temporaryStore();
    const path = await oldFile("abc");
    const { atime, mtime } = await stat(path);
    await store.fileDigest(path);
    await writeFile(`${path}.new`, "xyz");
    await utimes(`${path}.new`, atime, mtime);
    await rename(`${path}.new`, path);
    expect(await store.fileDigest(path)).toBe(sha256("xyz"));
  });

  test("is not remembered for a file that was just written, for it may change within one tick", async () => {
    const { store } = await temporaryStore();
    const path = join(await temporaryFolder(), "input.bin");
    await writeFile(path, "abc");
    const { atime, mtime } = await stat(path);
    await store.fileDigest(path);
    await writeFile(path, "xyz");
    await utimes(path, atime, mtime);
    expect(await store.fileDigest(path)).toBe(sha256("xyz"));
  });

  test.each(["", "{", "[1]", '{"format":1,"entries":{"a":5}}', '{"format":99,"entries":{}}'])(
    "works with the broken memory %j",
    async (text) => {
      const root = await temporaryFolder();
      await writeFile(join(root, "digests.json"), text);
      const { store } = await temporaryStore(root);
      expect(await store.fileDigest(await oldFile("abc"))).toBe(sha256("abc"));
    },
  );

  test("names a file that is missing, or is a folder", async () => {
    const { store } = await temporaryStore();
    const path = await oldFile("abc");
    await rm(path);
    const missing = expect.objectContaining({ code: "KDF_INPUT_MISSING_FILE", message: `"${path}" is not there` });
    await expect(store.fileDigest(path)).rejects.toThrow(missing);
    const folder = expect.objectContaining({ code: "KDF_INPUT_FORMAT" });
    await expect(store.fileDigest(store.layout.root)).rejects.toThrow(folder);
  });
});
