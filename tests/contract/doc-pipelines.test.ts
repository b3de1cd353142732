import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { loadPipeline } from "../../core/config/load-pipeline.ts";
import { kindNames } from "../../core/contracts/kinds.ts";
import { createRegistry } from "../../core/plugins/create-registry.ts";
import { defaultProviders } from "../../core/plugins/default-providers.ts";
import { createHooks } from "../../core/plugins/hooks.ts";
import { builtins } from "../../plugins/index.ts";
import { type DocBlock, docBlocks } from "../support/doc-blocks.ts";

/** What `kdflow init --answers` reads is no pipeline. */
const isAnswers = (keys: readonly string[]): boolean => keys.includes("budget");
const blocks = await docBlocks(["yaml"]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-docs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A whole file from a block that shows a part of one: its stages, or one stage or more by their kinds. */
function wholeFile({ place, text }: DocBlock): string | undefined {
  const keys = Object.keys((parse(text) as object | null) ?? {});
  if (keys.length === 0 || isAnswers(keys)) return undefined;
  if (keys.includes("kdflow")) return text;
  const head = "kdflow: 1\nname: docs\n";
  if (keys.includes("stages")) return head + text;
  if (keys.includes("plugins")) return `${head}${text}stages: { data: mnist }\n`;
  expect(kindNames, place).toEqual(expect.arrayContaining(keys));
  return `${head}stages:\n${text.replaceAll(/^/gm, "  ")}`;
}

it("finds the blocks of the documentation", () => {
  expect(blocks.length).toBeGreaterThan(25);
});

it.each(blocks)("the pipeline at $place is valid", async (block) => {
  const text = wholeFile(block);
  if (text === undefined) return;
  const file = join(folder, "pipeline.yaml");
  await writeFile(file, text);
  const pipeline = await loadPipeline({
    file,
    env: {},
    defaults: defaultProviders([builtins]),
    // other people's packages are not there
    createRegistry: (_plugins, baseDir) =>
      createRegistry({
        hooks: createHooks(),
        builtins: [builtins],
        plugins: [],
        baseDir,
        signal: new AbortController().signal,
      }),
  });
  expect(pipeline.stages.length).toBeGreaterThan(0);
});
