import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LanguageServer } from "../support/language-server.ts";

interface Completions {
  readonly items: readonly { readonly label: string }[];
}

const recipe = new URL("../../pipelines/classification/kd/shufflenet-v2-from-resnet.yaml", import.meta.url);
const rounds = 10;

let server: LanguageServer;

beforeAll(async () => {
  server = new LanguageServer();
  await server.request("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: { workspace: { configuration: true }, textDocument: { completion: {} } },
  });
  server.notify("initialized", {});
});

afterAll(() => {
  server.close();
});

/** The text up to the first value of `use:` behind `stage`, and the cursor there. */
function cutAtUse(text: string, stage: string): { text: string; position: { line: number; character: number } } {
  const start = text.indexOf("use: ", text.indexOf(`\n  ${stage}:`)) + "use: ".length;
  const before = text.slice(0, start).split("\n");
  const rest = text.slice(start).replace(/^[\w-]+/, "");
  const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  return { text: text.slice(0, start) + rest, position };
}

test.each([
  ["data", ["mnist", "image-folder", "cifar"]],
  ["teacher", ["train", "onnx", "ensemble"]],
  ["student", ["classifier"]],
])("completes providers at `use:` of %s in a recipe, in under 100 ms", async (stage, ids) => {
  const { text, position } = cutAtUse(await readFile(recipe, "utf8"), stage);
  const uri = `${recipe.href.slice(0, -".yaml".length)}-${stage}.yaml`;
  server.notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
  const complete = async (): Promise<{ labels: string[]; durationMs: number }> => {
    const began = performance.now();
    const answer = await server.request("textDocument/completion", { textDocument: { uri }, position });
    const durationMs = performance.now() - began;
    return { labels: (answer as Completions).items.map(({ label }) => label), durationMs };
  };

  const { labels } = await complete();
  expect(labels).toEqual(expect.arrayContaining(ids));

  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push((await complete()).durationMs);
  const median = times.sort((a, b) => a - b)[rounds / 2];
  expect(median).toBeLessThan(100);
});
