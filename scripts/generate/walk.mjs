/** Keywords whose value is one schema, a list of schemas, or a map of schemas. */
const single = ["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"];
const lists = ["anyOf", "oneOf", "allOf", "prefixItems"];
const maps = ["properties", "patternProperties", "$defs", "definitions"];

/** @param {unknown} value */
export const isSchema = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A copy of a schema in which every schema inside it was passed through `change`.
 *
 * @param {Record<string, any>} schema
 * @param {(child: Record<string, any>, keyword: string) => unknown} change
 * @returns {Record<string, any>}
 */
export function mapChildren(schema, change) {
  const copy = { ...schema };
  for (const keyword of single) if (isSchema(copy[keyword])) copy[keyword] = change(copy[keyword], keyword);
  for (const keyword of lists) {
    if (Array.isArray(copy[keyword])) copy[keyword] = copy[keyword].map((child) => change(child, keyword));
  }
  for (const keyword of maps) {
    if (!isSchema(copy[keyword])) continue;
    const entries = Object.entries(copy[keyword]);
    copy[keyword] = Object.fromEntries(
      entries.map(([key, child]) => [key, isSchema(child) ? change(child, keyword) : child]),
    );
  }
  return copy;
}

/**
 * `soft-labels` or `softLabels` as `SoftLabels`.
 *
 * @param {string} name
 */
export function pascalCase(name) {
  return name.replace(/(?:^|-)([a-z0-9])/gu, (_, letter) => letter.toUpperCase());
}
