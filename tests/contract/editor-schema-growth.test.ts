import { expect, test } from "vitest";
import { editorSchema, type SchemaEntry, type Vocabulary } from "../../plugins/scaffold/schema/editor-schema.ts";
import { jsonText } from "../../plugins/scaffold/schema/json-text.ts";

interface Sources {
  readVocabulary(): Promise<Vocabulary>;
  readProviderSchemas(root: URL): Promise<readonly SchemaEntry[]>;
}

const root = new URL("../../", import.meta.url);

const sources = new URL("scripts/generate/sources.mjs", root).href;

/** A loss with options of every usual form. */
function syntheticLoss(index: number): SchemaEntry {
  const description = "What it does to the loss, in a sentence of the usual length.";
  const properties = {
    temperature: { type: "number", exclusiveMinimum: 0, default: 4, description },
    reduction: { enum: ["mean", "sum"], default: "mean", description },
    levels: { type: "array", items: { type: "integer", minimum: 0 }, description },
    normalize: { type: "boolean", default: true, description },
    margin: { anyOf: [{ type: "number" }, { enum: ["learned"] }], description },
    projector: { provider: "adapters", description },
  };
  const id = `synthetic-${String(index).padStart(3, "0")}`;
  return { family: "losses", id, schema: { type: "object", description, additionalProperties: false, properties } };
}

test("forty more losses keep the editor schema small, and each adds the same", async () => {
  const { readVocabulary, readProviderSchemas }: Sources = await import(sources);
  const [vocabulary, entries] = await Promise.all([readVocabulary(), readProviderSchemas(root)]);
  const textWith = (count: number): string => {
    const more = Array.from({ length: count }, (_, index) => syntheticLoss(index));
    return jsonText(editorSchema([...entries, ...more], vocabulary));
  };
  const linesWith = (count: number): number => textWith(count).split("\n").length;

  expect(JSON.parse(textWith(40))).toHaveProperty(["$defs", "term.synthetic-039"]);
  expect(linesWith(40)).toBeLessThan(15_000);
  expect(Buffer.byteLength(textWith(40))).toBeLessThan(700_000);
  expect(linesWith(40) - linesWith(39)).toBe(linesWith(2) - linesWith(1));
  expect(textWith(40).length - textWith(39).length).toBe(textWith(2).length - textWith(1).length);
});
