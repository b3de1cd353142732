/** A JSON Schema (draft 2020-12) as plain data, with kdflow's keyword `provider` for slots that hold a component. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** True for a map, which is all that can be told without reading it. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
