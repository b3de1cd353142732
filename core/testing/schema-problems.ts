import { Ajv2020 } from "ajv/dist/2020.js";
import { isSchema, type JsonSchema } from "../contracts/json-schema.ts";
import { type FamilyName, familyNames } from "../contracts/kinds.ts";
import { reservedKeys } from "../plugins/provider-schema.ts";

/** Something that is wrong at a place of a schema, such as `/properties/depth`. */
export interface SchemaProblem {
  readonly pointer: string;
  readonly message: string;
}

const camelCase = /^[a-z][A-Za-z0-9]*$/u;

/** Keywords that hold one schema, a list of schemas, or schemas by name. */
const one = ["items", "additionalProperties", "not", "if", "then", "else", "contains"];
const many = ["anyOf", "oneOf", "allOf", "prefixItems"];
const named = ["properties", "$defs"];

/**
 * All that keeps a schema from being a good description of options: it compiles strictly, allows no unknown keys,
 * describes every option, has valid defaults, and leaves the engine's own keys alone.
 */
export function schemaProblems(schema: JsonSchema, family: FamilyName): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const add = (pointer: string, message: string): void => void problems.push({ pointer, message });
  const ajv = createAjv();
  try {
    ajv.compile(schema);
  } catch (error) {
    add("", `does not compile strictly: ${error instanceof Error ? error.message : String(error)}`);
    return problems;
  }
  if (schema["type"] !== "object") add("", "has to be of type object");
  if (!isText(schema["description"])) add("", "has no description");
  for (const key of Object.keys(asSchema(schema["properties"]) ?? {})) {
    if (reservedKeys(family).includes(key)) add(`/properties/${key}`, "is a key that pipelines use for themselves");
  }
  for (const { pointer, node } of nodesOf(schema)) {
    checkObject(pointer, node, add);
    checkDefault(pointer, node, schema, ajv, add);
  }
  return problems;
}

/**
 * The options of a pipeline that says nothing but `use:`, with `given` beside it.
 *
 * @throws where an option without a default is missing
 */
export function defaultOptions(schema: JsonSchema, given: Readonly<Record<string, unknown>> = {}): object {
  const ajv = createAjv();
  const options = structuredClone(given);
  if (ajv.validate(schema, options)) return options;
  throw new Error(`options are not complete: ${ajv.errorsText(ajv.errors, { dataVar: "options" })}`);
}

type Add = (pointer: string, message: string) => void;

function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    useDefaults: true,
    allErrors: true,
  });
  ajv.addKeyword("presets");
  const isUse = (value: unknown): boolean =>
    typeof value === "string" || (typeof value === "object" && value !== null && "use" in value);
  for (const keyword of ["provider", "terms"]) {
    ajv.addKeyword({
      keyword,
      metaSchema: { enum: familyNames },
      validate: (_family: string, value: unknown) => keyword === "terms" || isUse(value),
      errors: false,
    });
  }
  return ajv;
}

function checkObject(pointer: string, node: JsonSchema, add: Add): void {
  const properties = asSchema(node["properties"]);
  if (properties === undefined) return;
  if (node["additionalProperties"] === undefined && node["terms"] === undefined) {
    add(pointer, "has to set additionalProperties, so that misspelt keys are found");
  }
  for (const [key, option] of Object.entries(properties)) {
    const at = `${pointer}/properties/${key}`;
    if (!camelCase.test(key)) add(at, "is not camelCase");
    if (!isText(asSchema(option)?.["description"])) add(at, "has no description");
  }
}

function checkDefault(pointer: string, node: JsonSchema, root: JsonSchema, ajv: Ajv2020, add: Add): void {
  if (node["default"] === undefined) return;
  const { default: standard, ...rule } = node;
  const alone = root["$defs"] === undefined ? rule : { ...rule, $defs: root["$defs"] };
  if (!ajv.validate(alone, structuredClone(standard))) {
    add(pointer, `has a default that it refuses: ${ajv.errorsText()}`);
  }
}

/** A schema and all schemas in it, with their places. */
function* nodesOf(
  schema: JsonSchema,
  pointer = "",
): Generator<{ readonly pointer: string; readonly node: JsonSchema }> {
  yield { pointer, node: schema };
  for (const keyword of one) yield* child(schema[keyword], `${pointer}/${keyword}`);
  for (const keyword of many) {
    const list = schema[keyword];
    if (!Array.isArray(list)) continue;
    for (const [index, item] of list.entries()) yield* child(item, `${pointer}/${keyword}/${index}`);
  }
  for (const keyword of named) {
    for (const [name, item] of Object.entries(asSchema(schema[keyword]) ?? {})) {
      yield* child(item, `${pointer}/${keyword}/${name}`);
    }
  }
}

function* child(value: unknown, pointer: string): ReturnType<typeof nodesOf> {
  const schema = asSchema(value);
  if (schema !== undefined) yield* nodesOf(schema, pointer);
}

function asSchema(value: unknown): JsonSchema | undefined {
  return isSchema(value) ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
