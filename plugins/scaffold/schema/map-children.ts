import type { JsonSchema } from "../../../core/index.ts";

/** Keywords whose value is one schema, a list of schemas, or a map of schemas. */
const single = ["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"];
const lists = ["anyOf", "oneOf", "allOf", "prefixItems"];
const maps = ["properties", "patternProperties", "$defs", "definitions"];

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy of a schema in which every schema inside it was passed through `change`. */
export function mapChildren(schema: JsonSchema, change: (child: JsonSchema, keyword: string) => unknown): JsonSchema {
  const changed = (child: unknown, keyword: string): unknown => (isSchema(child) ? change(child, keyword) : child);
  const copy: Record<string, unknown> = { ...schema };
  for (const keyword of single) if (isSchema(copy[keyword])) copy[keyword] = change(copy[keyword], keyword);
  for (const keyword of lists) {
    const list = copy[keyword];
    if (Array.isArray(list)) copy[keyword] = list.map((child: unknown) => changed(child, keyword));
  }
  for (const keyword of maps) {
    const map = copy[keyword];
    if (!isSchema(map)) continue;
    copy[keyword] = Object.fromEntries(Object.entries(map).map(([key, child]) => [key, changed(child, keyword)]));
  }
  return copy;
}
