import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../core/store/canonical-json.ts";
import { sha256, sha256OfData, sha256OfFile } from "../../../core/store/sha256.ts";
import { temporaryFolder } from "./store-folder.ts";

describe("canonicalJson", () => {
  test("sorts keys at every depth and leaves lists as they are", () => {
    expect(canonicalJson({ b: [2, 1], a: { d: null, c: true } })).toBe('{"a":{"c":true,"d":null},"b":[2,1]}');
  });

  test("writes numbers as JavaScript prints them", () => {
    expect(canonicalJson([0.1, 1e21, 1e-7, -0, 100])).toBe("[0.1,1e+21,1e-7,0,100]");
  });

  test("sorts by code unit, which no locale changes", () => {
    expect(canonicalJson({ ä: 1, z: 2, Z: 3, "10": 4, "9": 5 })).toBe('{"10":4,"9":5,"Z":3,"z":2,"ä":1}');
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each<[string, unknown, string]>([
    ["undefined", { a: { b: undefined } }, "$.a.b is undefined"],
    ["NaN", [1, Number.NaN], "$[1] is NaN"],
    ["an infinity", Number.NEGATIVE_INFINITY, "$ is -Infinity"],
    ["a hole", Array(1), "$[0] is undefined"],
    ["a function", { f: () => 0 }, "$.f is function"],
    ["a big integer", 1n, "$ is bigint"],
    ["a class instance", { when: new Date(0) }, "$.when is Date"],
    ["a typed array", new Float32Array(1), "$ is Float32Array"],
    ["a cycle", cycle, "$[0] is a cycle"],
  ])("refuses %s and names its place", (_title, value, message) => {
    const refusal = expect.objectContaining({ code: "KDF_INTERNAL", message: expect.stringContaining(message) });
    expect(() => canonicalJson(value)).toThrow(refusal);
  });

  test("allows the same object in two places", () => {
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });
});

describe("sha256", () => {
  // FIPS 180-2, appendix B.1.
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  test("is the same for text, bytes and a file", async () => {
    const path = join(await temporaryFolder(), "file");
    await writeFile(path, "abc");
    expect(sha256("abc")).toBe(abc);
    expect(sha256(Buffer.from("abc"))).toBe(abc);
    expect(await sha256OfFile(path)).toBe(abc);
  });

  test("of a large file is made in pieces", async () => {
    const path = join(await temporaryFolder(), "file");
    const content = Buffer.alloc(3_000_001, 7);
    await writeFile(path, content);
    expect(await sha256OfFile(path)).toBe(sha256(content));
  });

  test("of data does not depend on the order of keys", () => {
    expect(sha256OfData({ a: 1, b: 2 })).toBe(sha256OfData({ b: 2, a: 1 }));
  });
});
