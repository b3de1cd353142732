import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commandLine, readSettings, runCase } from "./run-case.ts";

/**
 * One folder, one mistake: `pipeline.yaml` begins with a comment that says what it is about, `expected.txt` is the
 * error as it is printed, and `case.json` says how to run it (see `CaseSettings`).
 */
const root = dirname(fileURLToPath(import.meta.url));
const entries = await readdir(root, { withFileTypes: true });
const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);

describe.each(names)("the case %s", async (name) => {
  const folder = join(root, name);
  const settings = await readSettings(folder);
  const needsBuild = settings.run === "cli" && !existsSync(commandLine);

  it("says in its first line what it is about", async () => {
    const [first] = (await readFile(join(folder, "pipeline.yaml"), "utf8")).split("\n");
    expect(first).toMatch(/^# [A-Z].*\.$/);
  });

  it.skipIf(needsBuild)(needsBuild ? "prints the expected error (skipped: no build in dist)" : "prints the expected error", async () => {
    const expected = await readFile(join(folder, "expected.txt"), "utf8");
    expect(await runCase(folder, settings)).toBe(expected.trimEnd());
  });
});
