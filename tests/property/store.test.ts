import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../core/store/canonical-json.ts";
import { openCheckpoints } from "../../core/store/checkpoints.ts";
import { openStore } from "../../core/store/store.ts";
import { commitFiles } from "../unit/store/store-folder.ts";

const seed = 20_240_607;
const json = fc.jsonValue({ maxDepth: 4 });

function shuffled(value: unknown, pick: (count: number) => number): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => shuffled(item, pick));
  if (typeof value !== "object" || value === null) return value;
  const rest = Object.entries(value);
  const entries: [string, unknown][] = [];
  while (rest.length > 0) {
    for (const [key, item] of rest.splice(pick(rest.length), 1)) entries.push([key, shuffled(item, pick)]);
  }
  return Object.fromEntries(entries);
}

describe("canonicalJson", () => {
  test("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(json, fc.infiniteStream(fc.nat()), (value, choices) => {
        const pick = (count: number): number => choices.next().value % count;
        expect(canonicalJson(shuffled(value, pick))).toBe(canonicalJson(value));
      }),
      { seed },
    );
  });

  test("is JSON of the same value, so different values have different texts", () => {
    fc.assert(
      fc.property(json, (value) => {
        // −0 is the one number that JSON text does not tell from another, 0.
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(plain);
      }),
      { seed },
    );
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}[a-z0-9]$/);
const content = fc.uint8Array({ maxLength: 200 });

describe("the store", () => {
  test("gives back what was written to it", async () => {
    const root = await mkdtemp(join(tmpdir(), "kdflow-property-"));
    const store = await openStore(root);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, content, { maxKeys: 4, noNullPrototype: true }), async (files) => {
        const key = `k${count++}`;
        await commitFiles(store, key, files);
        const found = await store.find(key);
        expect(found?.files.map(({ path }) => path)).toEqual(Object.keys(files).sort());
        for (const [path, bytes] of Object.entries(files)) {
          const read = await readFile(join(found?.directory ?? "", path));
          expect(Uint8Array.from(read)).toEqual(Uint8Array.from(bytes));
        }
      }),
      { seed, numRuns: 40 },
    );
    await rm(root, { recursive: true });
  });

  test("gives equal content equal digests, and other content others", async () => {
    const root = await mkdtemp(join(tmpdir(), "kdflow-property-"));
    const store = await openStore(root);
    const byContent = new Map<string, string>();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(name, fc.uint8Array({ maxLength: 2 }), async (path, bytes) => {
        const { digest } = await commitFiles(store, `k${count++}`, { [path]: bytes });
        const content = `${path} ${bytes}`;
        expect(byContent.get(content) ?? digest).toBe(digest);
        byContent.set(content, digest);
      }),
      { seed, numRuns: 40 },
    );
    expect(new Set(byContent.values()).size).toBe(byContent.size);
    await rm(root, { recursive: true });
  });

  test("gives back the last checkpoint", async () => {
    const root = await mkdtemp(join(tmpdir(), "kdflow-property-"));
    const checkpoints = openCheckpoints(await openStore(root), "k1");
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, content, { maxKeys: 3, noNullPrototype: true }), async (files) => {
        await checkpoints.save(files);
        const loaded = (await checkpoints.load()) ?? {};
        expect(Object.keys(loaded)).toEqual(Object.keys(files).sort());
        for (const [path, bytes] of Object.entries(files)) expect([...(loaded[path] ?? [])]).toEqual([...bytes]);
      }),
      { seed, numRuns: 25 },
    );
    await rm(root, { recursive: true });
  });
});
