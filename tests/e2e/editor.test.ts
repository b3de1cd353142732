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

/** Opens a changed copy of the recipe beside it, so that its schema line is followed. */
async function open(name: string, change: (text: string) => string): Promise<{ uri: string; text: string }> {
  const text = change(await readFile(recipe, "utf8"));
  const uri = `${recipe.href.slice(0, -".yaml".length)}-${name}.yaml`;
  server.notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
  return { uri, text };
}

/** The place of the first character of some words. */
function placeOf(text: string, words: string): { line: number; character: number } {
  const before = text.slice(0, text.indexOf(words)).split("\n");
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

test.each([
  ["temperature", "losses/kd"],
  ["width", "backbones/shufflenet-v2"],
])("shows on `%s` what the schema of %s says of it", async (option, provider) => {
  const file = new URL(`../../schemas/providers/${provider}.schema.json`, import.meta.url);
  const { properties } = JSON.parse(await readFile(file, "utf8")) as {
    readonly properties: Readonly<Record<string, { readonly description: string }>>;
  };
  const { uri, text } = await open(`hover-${option}`, (same) => same);
  const position = placeOf(text, `${option}:`);
  const hover = (await server.request("textDocument/hover", { textDocument: { uri }, position })) as {
    readonly contents: { readonly value: string };
  } | null;
  // Markdown escapes some characters
  const plain = (words: string): string => words.replaceAll(/[^\w ]/g, "");
  expect(plain(hover?.contents.value ?? "")).toContain(plain(properties[option]?.description ?? "no description"));
});

test("underlines a mistyped option, at its place", async () => {
  const { uri, text } = await open("typo", (right) => right.replace("epochs:", "epoch:"));
  const found = await server.diagnostics(uri);
  const { line } = placeOf(text, "epoch:");
  expect(found.map(({ range }) => range.start.line)).toContain(line);
  expect(found.map(({ message }) => message).join("\n")).toContain("epoch");
});
