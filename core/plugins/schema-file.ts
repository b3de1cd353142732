import { readFile } from "node:fs/promises";
import { isSchema, type JsonSchema } from "../contracts/json-schema.ts";

async function readObject(url: URL): Promise<JsonSchema> {
  const schema: unknown = JSON.parse(await readFile(url, "utf8"));
  if (!isSchema(schema)) throw new TypeError("it is not an object");
  return schema;
}

/** What `#/$defs/epochs` names in a file. */
function definition(file: JsonSchema, url: URL): unknown {
  const segments = decodeURIComponent(url.hash.slice(1)).split("/").slice(1);
  const found = segments.reduce<unknown>((node, name) => (isSchema(node) ? node[name] : undefined), file);
  if (found === undefined) throw new TypeError(`${url.href} is not there`);
  return found;
}

type Files = Map<string, Promise<JsonSchema>>;

async function withShared(node: unknown, base: URL, files: Files): Promise<unknown> {
  if (Array.isArray(node)) return Promise.all(node.map((item) => withShared(item, base, files)));
  if (!isSchema(node)) return node;
  const { $ref: reference, ...own } = node;
  const isShared = typeof reference === "string" && !reference.startsWith("#");
  const entries = Object.entries(isShared ? own : node).map(
    async ([key, value]) => [key, await withShared(value, base, files)] as const,
  );
  const rest = Object.fromEntries(await Promise.all(entries));
  if (!isShared) return rest;
  const url = new URL(reference, base);
  const file = files.get(url.pathname) ?? readObject(url);
  files.set(url.pathname, file);
  return { ...((await withShared(definition(await file, url), url, files)) as JsonSchema), ...rest };
}

/**
 * Reads a provider's options schema. Where it says `{ "$ref": "../../training.schema.json#/$defs/epochs" }` the
 * definition of the other file is put in, under what stands beside the reference.
 *
 * @throws where a file or a definition is not there, or is no object
 */
export async function readSchemaFile(url: URL): Promise<JsonSchema> {
  return (await withShared(await readObject(url), url, new Map())) as JsonSchema;
}
