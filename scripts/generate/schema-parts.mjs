import { isSchema, mapChildren } from "./walk.mjs";

/** A variable where a value of another type is expected; it is replaced before the value is checked. */
export const variableSchema = { type: "string", pattern: "^\\$\\{?(vars|matrix|env)\\." };

/** Refers to {@link variableSchema}. */
export const variable = reference("variable");

/**
 * A provider's schema made kind: slots point at their family, leaves take variables, nothing is required.
 *
 * @param {Record<string, any>} schema
 * @param {object} [terms] what a map of loss terms looks like
 * @returns {Record<string, any>}
 */
export function withVariables(schema, terms = {}) {
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
  const standard = schema.default === undefined ? {} : { default: schema.default };
  if (provider !== undefined) return { anyOf: [{ $ref: `#/$defs/slot.${provider}` }], ...standard, ...words };
  if (termFamily !== undefined) return { ...terms, ...words };
  const { oneOf, ...kept } = mapChildren(rest, (child) => withVariables(child, terms));
  const loosened = oneOf === undefined ? kept : { ...kept, anyOf: oneOf };
  return loose({ ...loosened, ...words });
}

/**
 * Lets a variable stand where a number, a switch or one of a few words is expected.
 *
 * @param {Record<string, any>} schema
 */
export function loose(schema) {
  const types = [schema.type ?? []].flat();
  const constrained = schema.enum !== undefined || schema.const !== undefined || schema.pattern !== undefined;
  const leaf = constrained || types.some((type) => ["number", "integer", "boolean"].includes(type));
  if (!leaf) return schema;
  const { description, markdownDescription, default: standard, ...rule } = schema;
  return {
    anyOf: [rule, variable],
    ...(standard === undefined ? {} : { default: standard }),
    ...(description === undefined ? {} : { description, markdownDescription }),
  };
}

/** @param {Record<string, any> | undefined} schema */
export function describe(schema) {
  return isSchema(schema) && typeof schema.description === "string"
    ? { description: schema.description, markdownDescription: schema.description }
    : {};
}

/**
 * @param {Record<string, any>} schema
 * @param {string} text
 */
export function described(schema, text) {
  return { ...schema, description: text, markdownDescription: text };
}

/** @param {string} name */
export function reference(name) {
  return { $ref: `#/$defs/${name}` };
}
