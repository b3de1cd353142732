import type { JsonSchema } from "../../../core/index.ts";
import { mapChildren } from "./map-children.ts";

/** A variable where a value of another type is expected; it is replaced before the value is checked. */
export const variableSchema: JsonSchema = { type: "string", pattern: "^\\$\\{?(vars|matrix|env)\\." };

/** Refers to {@link variableSchema}. */
export const variable: JsonSchema = reference("variable");

/**
 * A provider's schema made kind: slots point at their family, leaves take variables, nothing is required.
 */
export function withVariables(schema: JsonSchema, terms: JsonSchema = {}): JsonSchema {
  const {
    $schema: _schema,
    $id: _id,
    required: _required,
    says: _says,
    presets: _presets,
    provider,
    terms: termFamily,
    ...rest
  } = schema;
  const words = describe(schema);
  const standard = schema["default"] === undefined ? {} : { default: schema["default"] };
  if (provider !== undefined) return { anyOf: [{ $ref: `#/$defs/slot.${provider}` }], ...standard, ...words };
  if (termFamily !== undefined) return { ...terms, ...words };
  const { oneOf, ...kept } = mapChildren(rest, (child) => withVariables(child, terms));
  const loosened = oneOf === undefined ? kept : { ...kept, anyOf: oneOf };
  return loose({ ...loosened, ...words });
}

/**
 * Lets a variable stand where a number, a switch or one of a few words is expected.
 */
function loose(schema: JsonSchema): JsonSchema {
  const types: readonly unknown[] = [schema["type"] ?? []].flat();
  const constrained = ["enum", "const", "pattern"].some((keyword) => schema[keyword] !== undefined);
  const leaf = constrained || ["number", "integer", "boolean"].some((type) => types.includes(type));
  if (!leaf) return schema;
  const { description, markdownDescription, default: standard, ...rule } = schema;
  return {
    anyOf: [rule, variable],
    ...(standard === undefined ? {} : { default: standard }),
    ...(description === undefined ? {} : { description, markdownDescription }),
  };
}

/** The description of a schema, in the two forms that editors show. */
export function describe(schema: JsonSchema): JsonSchema {
  const { description } = schema;
  return typeof description === "string" ? { description, markdownDescription: description } : {};
}

/** A schema with another description. */
export function described(schema: JsonSchema, text: string): JsonSchema {
  return { ...schema, description: text, markdownDescription: text };
}

/** Refers to a definition of the same file. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/$defs/${name}` };
}
