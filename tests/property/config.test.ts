import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ConfigNode, type Plain, toPlain } from "../../core/config/config-node.ts";
import { loadPipeline } from "../../core/config/load-pipeline.ts";
import { mergeMaps } from "../../core/config/merge.ts";
import { Problems } from "../../core/config/problems.ts";
import { readYaml } from "../../core/config/read-yaml.ts";
import { placeOf } from "../../core/config/source-text.ts";
import { ConfigErrors } from "../../core/errors/config-errors.ts";
import { formatError } from "../../core/errors/format.ts";
import { editDistance, nearestName } from "../../core/errors/nearest.ts";
import { testRegistry } from "../unit/config/registry.ts";

const settings = { seed: 20, numRuns: 200 };

const key = fc.stringMatching(/^[a-z][A-Za-z-]{0,7}$/).filter((name) => name !== "use");
const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { value: plain } = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const map = fc.dictionary(key, plain, { maxKeys: 5, noNullPrototype: true });

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

function read(value: Plain, file = "a.yaml"): ConfigNode {
  const problems = new Problems();
  const node = readYaml({ file, text: stringify(value) }, problems);
  problems.throwIfAny();
  if (node === undefined) throw new Error("not read");
  return node;
}

function* scalarsOf(node: ConfigNode): Generator<ConfigNode & { kind: "scalar" }> {
  if (node.kind === "scalar") yield node;
  else if (node.kind === "list") for (const item of node.items) yield* scalarsOf(item);
  else for (const { value } of node.entries.values()) yield* scalarsOf(value);
}

it("reading what was printed gives the same data", () => {
  fc.assert(
    fc.property(plain, (value) => {
      // JSON has no negative zero, and YAML's printer writes it as 0.
      expect(JSON.stringify(toPlain(read(value)))).toBe(JSON.stringify(value));
    }),
    settings,
  );
});

it("the place of a scalar holds its spelling", () => {
  fc.assert(
    fc.property(map, (value) => {
      for (const node of scalarsOf(read(value))) {
        if (node.spelling === undefined || node.spelling.includes("\n")) continue;
        const { text, column, length } = placeOf(node.span);
        if (node.spelling !== "")
          expect(text.slice(column - 1, column - 1 + length)).toContain(node.spelling.slice(0, length));
      }
    }),
    settings,
  );
});

it("merging a map over itself, over nothing, or nothing over it changes nothing", () => {
  fc.assert(
    fc.property(map, (value) => {
      const node = read(value);
      const empty = read({});
      if (node.kind !== "map" || empty.kind !== "map") throw new Error("no map");
      for (const merged of [mergeMaps(node, node, {}), mergeMaps(empty, node, {}), mergeMaps(node, empty, {})]) {
        expect(toPlain(merged)).toEqual(toPlain(node));
      }
    }),
    settings,
  );
});

it("merging keeps the keys of both, and the upper scalar wins", () => {
  fc.assert(
    fc.property(map, map, (below, above) => {
      const [lower, upper] = [read(below), read(above)];
      if (lower.kind !== "map" || upper.kind !== "map") throw new Error("no map");
      const merged = mergeMaps(lower, upper, {});
      expect(new Set(merged.entries.keys())).toEqual(new Set([...lower.entries.keys(), ...upper.entries.keys()]));
      for (const [name, entry] of upper.entries) {
        if (entry.value.kind !== "map") expect(merged.entries.get(name)?.value).toBe(entry.value);
      }
    }),
    settings,
  );
});

it("whatever stands in a file, it loads or gives problems with places that can be printed", async () => {
  const stages = fc.dictionary(
    fc.constantFrom("data", "teacher", "student", "loss", "train", "export", "trian"),
    fc.oneof(
      plain,
      fc.record({
        use: fc.constantFrom("mnist", "classifier", "sum", "distill", "x"),
        backbone: plain,
        kd: plain,
        schedule: plain,
      }),
    ),
    { noNullPrototype: true },
  );
  const file = join(folder, "pipeline.yaml");
  await fc.assert(
    fc.asyncProperty(stages, fc.array(fc.string(), { maxLength: 2 }), async (value, set) => {
      await writeFile(file, stringify({ kdflow: 1, stages: value }));
      try {
        await loadPipeline({ file, set, env: {}, createRegistry: async () => testRegistry() });
      } catch (error) {
        if (!(error instanceof ConfigErrors)) throw error;
        for (const { where } of error.problems) {
          expect(where?.line).toBeGreaterThan(0);
          expect(where?.column).toBeLessThanOrEqual((where?.text.length ?? 0) + 1);
        }
        expect(formatError(error, { color: false })).toMatch(/^KDF_CONFIG_/);
      }
    }),
    { ...settings, numRuns: 100 },
  );
});

it("edit distance is a symmetric measure that bounds the difference in length", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
    settings,
  );
});

it("a name that is there is its own nearest name", () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 1 }), (names) => {
      for (const name of names) expect(nearestName(name, names)).toBe(name);
    }),
    settings,
  );
});
