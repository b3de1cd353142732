/** A JSON Schema (draft 2020-12) as plain data, with kdflow's keyword `provider` for slots that hold a component. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
