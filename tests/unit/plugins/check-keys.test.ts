import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkKeys } from "../../../core/testing/index.ts";

let baseDir: string;

/** A plugin with one schedule, of which a default and the fingerprint-like version are expressions. */
const plugin = (standard: string): string => `export const plugin = {
  name: "kdflow-plugin-tried", version: "1.0.0", kdflow: "^1",
  providers: [{
    family: "schedules", id: "tried", summary: "a schedule", cacheVersion: 1, create: () => ({ factor: () => 1 }),
    schema: { type: "object", description: "A schedule.", additionalProperties: false,
      properties: { start: { type: "number", default: ${standard}, description: "The start." } } },
  }],
};
`;

const uses = [{ family: "schedules", id: "tried", options: {} }] as const;

beforeAll(async () => {
  baseDir = await mkdtemp(join(tmpdir(), "kdflow-keys-"));
  await writeFile(join(baseDir, "steady.mjs"), plugin("1"));
  await writeFile(join(baseDir, "unsteady.mjs"), plugin("process.pid"));
});

afterAll(() => rm(baseDir, { recursive: true, force: true }));

test("a provider that is the same in another process passes", async () => {
  await checkKeys(uses, { baseDir, plugins: ["./steady.mjs"] });
});

test("one of which a default is of its process is found", async () => {
  await expect(checkKeys(uses, { baseDir, plugins: ["./unsteady.mjs"] })).rejects.toThrow(
    "schedules/tried has another key in another process",
  );
});
