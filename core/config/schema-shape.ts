import type { JsonSchema } from "../contracts/json-schema.ts";

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A schema and those that are combined into it: `allOf`, alternatives, conditions and local references. */
function parts(schema: JsonSchema, root: JsonSchema, seen: Set<JsonSchema> = new Set()): JsonSchema[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const combined = ["allOf", "anyOf", "oneOf"].flatMap((keyword) => schema[keyword] ?? []);
  const conditional = [schema["then"], schema["else"]];
  const reference = schema["$ref"];
  const definitions = root["$defs"];
  const name = typeof reference === "string" ? /^#\/\$defs\/([^/]+)$/.exec(reference)?.[1] : undefined;
  const referred = name !== undefined && isSchema(definitions) ? definitions[name] : undefined;
  const more = [...combined, ...conditional, referred].filter(isSchema);
  return [schema, ...more.flatMap((part) => parts(part, root, seen))];
}

/** The keys that a schema knows. */
export function keysOfSchema(schema: JsonSchema, root: JsonSchema): string[] {
  return parts(schema, root).flatMap((part) => (isSchema(part["properties"]) ? Object.keys(part["properties"]) : []));
}

/** The schema of a key, or `undefined` where the schema does not know the key. */
export function schemaOfKey(schema: JsonSchema, root: JsonSchema, key: string): JsonSchema | undefined {
  for (const part of parts(schema, root)) {
    const properties = part["properties"];
    if (isSchema(properties) && Object.hasOwn(properties, key) && isSchema(properties[key])) return properties[key];
  }
  return parts(schema, root)
    .map((part) => part["additionalProperties"])
    .find(isSchema);
}

/** The schema of a list's items; one that allows anything where it says nothing. */
export function schemaOfItems(schema: JsonSchema, root: JsonSchema): JsonSchema {
  return (
    parts(schema, root)
      .map((part) => part["items"])
      .find(isSchema) ?? {}
  );
}

/** The value of a keyword, wherever it stands among the combined schemas. */
export function keywordOf(schema: JsonSchema, root: JsonSchema, keyword: string): unknown {
  return parts(schema, root).find((part) => part[keyword] !== undefined)?.[keyword];
}
