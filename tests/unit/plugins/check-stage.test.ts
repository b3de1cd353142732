import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { defineProvider, type Exported, type StageContext, type Tf } from "../../../core/index.ts";
import { ContractError, checkStage } from "../../../core/testing/index.ts";
import { loadBackend } from "../../support/backend.ts";

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadBackend("cpu"));
});

interface Options {
  text: string;
}

/** Problems of an export that writes what `write` gives, and says that it has so many bytes. */
async function problemsOf(
  write: (options: Options, context: StageContext) => string,
  bytesOf = (content: Buffer): number => content.length,
): Promise<readonly string[]> {
  const provider = defineProvider<"export", Options>("export", {
    id: "tried",
    summary: "an export to try the test kit with",
    cacheVersion: 1,
    async run(options, _inputs, context) {
      context.signal.throwIfAborted();
      await writeFile(join(context.outputDir, "file"), write(options, context));
    },
    async open({ directory }): Promise<Exported> {
      const content = await readFile(join(directory, "file"));
      return { directory, files: [{ path: "file", bytes: bytesOf(content) }], parity: 0 };
    },
  });
  try {
    await checkStage(provider, { tf, options: { text: "abc" }, inputs: {} });
    return [];
  } catch (error) {
    if (error instanceof ContractError) return error.problems;
    throw error;
  }
}

test("a stage that stores the same twice passes", async () => {
  expect(await problemsOf(({ text }, { rng }) => `${text} ${rng("text").uniform()}`)).toEqual([]);
});

test("content that differs is found", async () => {
  let calls = 0;
  expect(await problemsOf(() => String(++calls))).toEqual([
    "the same options and seed give something else the second time",
  ]);
});

test("a result that is not what its files are is found", async () => {
  expect(
    await problemsOf(
      ({ text }) => text,
      () => 7,
    ),
  ).toEqual(['"file" has 3 bytes, it says 7']);
});

test("options that are changed and tensors that are left are found", async () => {
  expect(await problemsOf((options) => (options.text += "d"))).toEqual([
    expect.stringContaining("Cannot assign to read only property"),
  ]);
  expect(await problemsOf(({ text }, context) => `${text} ${context.tf.scalar(1).rank}`)).toEqual([
    "1 tensors are left behind",
  ]);
});

test("what is wrong when it is aborted is found too", async () => {
  const late = ({ text }: Options, { progress }: StageContext): string => {
    progress({ unit: "files", done: 0, total: 1 });
    return text;
  };
  expect(await problemsOf(late)).toEqual(["aborted at its first report, it came to its end"]);
});
