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

const head = `# yaml-language-server: $schema=${new URL("../../schemas/pipeline.schema.json", import.meta.url).href}\nkdflow: 1\n`;

/** Opens a file of its own and answers what is offered where `¦` stands. */
async function offered(name: string, body: string): Promise<readonly string[]> {
  const marked = head + body;
  const text = marked.replace("¦", "");
  const uri = new URL(`${name}.yaml`, recipe).href;
  server.notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
  const answer = await server.request("textDocument/completion", {
    textDocument: { uri },
    position: placeOf(marked, "¦"),
  });
  return (answer as Completions).items.map(({ label }) => label);
}

test.each([
  ["after-data", "stages:\n  data: ¦\n", "mnist"],
  ["in-braces", "stages:\n  student: { use: ¦}\n", "classifier"],
  ["begun-in-braces", "stages:\n  student: { use: cl¦ }\n", "classifier"],
  ["in-inner-braces", "stages:\n  student: { use: classifier, backbone: { use: ¦} }\n", "shufflenet-v2"],
])("offers providers at %s", async (name, body, id) => {
  expect(await offered(name, body)).toContain(id);
});

test("offers stages, and nothing that is none", async () => {
  const names = await offered("stages", "stages:\n  ¦\n");
  expect(names).toContain("softLabels");
  expect(names).not.toContain("property");
});

test.each([
  ["data", "data:\n    use: mnist\n    ¦\n"],
  ["train", "train:\n    epochs: 1\n    ¦\n"],
  ["evaluate", "evaluate:\n    use: classification\n    ¦\n"],
])("offers each key of %s once", async (stage, body) => {
  const keys = await offered(`keys-${stage}`, `stages:\n  ${body}`);
  expect(keys).toContain("inputs");
  expect([...new Set(keys)]).toEqual(keys);
});

test("offers no key of the engine where a provider fills a slot", async () => {
  const keys = await offered("slot", "stages:\n  train:\n    optimizer:\n      use: sgd\n      ¦\n");
  expect(keys).toContain("momentum");
  expect(keys.filter((key) => ["kind", "seed", "inputs", "use"].includes(key))).toEqual([]);
});

/** What is underlined in a file of its own. The last key is no key at all: without any mistake nothing would be told. */
async function toldOf(name: string, body: string): Promise<readonly string[]> {
  const uri = new URL(`${name}.yaml`, recipe).href;
  const found = server.diagnostics(uri);
  const text = `${head}${body}none: 0\n`;
  server.notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
  return (await found).map(({ message }) => message).filter((message) => !message.includes("none"));
}

test.each([
  ["stage", "stages:\n  data: mnits\n", /no such provider in data/],
  ["use", "stages:\n  data: { use: mnits }\n", /no such provider in data/],
  ["slot", "stages:\n  student: { use: classifier, backbone: resnte }\n", /no such provider in backbones/],
  ["term", "stages:\n  loss: { kdd: 1 }\n", /no such provider in losses/],
  ["item", "stages:\n  evaluate: [clasification]\n", /no such provider in evaluate/],
  ["epochs", "stages:\n  train: { batchSize: 3 }\n", /Missing property "epochs"/],
  ["root", "stages:\n  mine: { kind: data, use: cifar }\n", /Missing property "root"/],
])("underlines what is unknown or missing: %s", async (name, body, words) => {
  const told = await toldOf(`told-${name}`, body);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(words);
});

test.each([
  ["plugins", "plugins: [mine]\nstages:\n  data: of-mine\n"],
  ["extends", "extends: base.yaml\nstages:\n  train: { batchSize: 3 }\n"],
  ["variables", "vars: { set: mnist, epochs: 3 }\nstages:\n  data: $vars.set\n  train: { epochs: $vars.epochs }\n"],
])("leaves open what %s may bring", async (name, body) => {
  expect(await toldOf(`open-${name}`, body)).toEqual([]);
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
