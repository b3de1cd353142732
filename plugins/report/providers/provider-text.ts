import { stringify } from "yaml";
import { type JsonSchema, textTable } from "../../../core/index.ts";

/** A provider with its options and who supplies it. */
export interface DescribedProvider {
  readonly provider: {
    readonly family: string;
    readonly id: string;
    readonly summary: string;
    readonly reference?: string;
  };
  readonly plugin: { readonly name: string; readonly version: string };
  readonly schema: JsonSchema;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The bounds of a number: ` ≥ 1, ≤ 10`. */
function bounds(schema: JsonSchema): string {
  const signs = { minimum: "≥", exclusiveMinimum: ">", maximum: "≤", exclusiveMaximum: "<" };
  const given = Object.entries(signs).filter(([keyword]) => typeof schema[keyword] === "number");
  return given.length === 0 ? "" : ` ${given.map(([keyword, sign]) => `${sign} ${schema[keyword]}`).join(", ")}`;
}

/** What an option takes, in short: `integer ≥ 1`, `"a" | "b"`, `list of augmentations`, `one of optimizers`. */
export function valueText(schema: JsonSchema): string {
  const { provider, enum: values, const: only, type, items } = schema as Record<string, unknown>;
  if (typeof provider === "string") return `one of ${provider}`;
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  const alternatives = [schema["anyOf"], schema["oneOf"]].flatMap((list) => (Array.isArray(list) ? list : []));
  if (alternatives.length > 0) return alternatives.filter(isSchema).map(valueText).join(" | ");
  if (type === "array") return isSchema(items) ? `list of ${valueText(items).replace(/^one of /, "")}` : "list";
  if (type === "object" || isSchema(schema["properties"])) return mapText(schema);
  if (type === undefined) return "anything";
  return `${[type].flat().join(" | ")}${bounds(schema)}`;
}

function mapText(schema: JsonSchema): string {
  const keys = isSchema(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  return keys.length === 0 ? "map" : `{ ${keys.join(", ")} }`;
}

/** One row for each option, and for those inside it: name, values, default, meaning. */
function optionRows(schema: JsonSchema, above = ""): readonly (readonly string[])[] {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).flatMap(([name, option]) => {
    if (!isSchema(option)) return [[above + name, "anything", "", ""]];
    const fallback = option["default"] === undefined ? "" : JSON.stringify(option["default"]);
    const description = option["description"];
    const meaning = typeof description === "string" ? description : "";
    const row = [above + name, valueText(option), required.includes(name) ? "required" : fallback, meaning];
    const forms = [option["anyOf"], option["oneOf"]].flatMap((list) => (Array.isArray(list) ? list : []));
    return [row, ...[option, ...forms].filter(isSchema).flatMap((form) => optionRows(form, `${above}${name}.`))];
  });
}

/** The schema's examples as YAML, one on a line; an id alone where an example has no options. */
function exampleLines(id: string, { examples }: JsonSchema): readonly string[] {
  const maps = Array.isArray(examples) ? examples.filter(isSchema) : [];
  const texts = maps.map((options) =>
    Object.keys(options).length === 0
      ? id
      : stringify({ use: id, ...options }, { collectionStyle: "flow", lineWidth: 0 }).trim(),
  );
  return texts.length === 0 ? [] : ["", ...texts.map((text) => `example: ${text}`)];
}

/** A provider in full: what it is, who supplies it, its paper, its options, examples. */
export function formatProvider({ provider, plugin, schema }: DescribedProvider): readonly string[] {
  const options = optionRows(schema);
  const terms = schema["terms"];
  const note = typeof terms === "string" ? `each key names one of ${terms}, its value gives the options` : "no options";
  return [
    `${provider.family}/${provider.id}  ${provider.summary}`,
    `  from ${plugin.name} ${plugin.version}`,
    ...(provider.reference === undefined ? [] : [`  see ${provider.reference}`]),
    "",
    ...(options.length === 0 ? [note] : textTable([["option", "value", "default", "meaning"], ...options])),
    ...exampleLines(provider.id, schema),
  ];
}

/** A line for each provider: family, id, summary, and the plugin where it is not kdflow itself. */
export function formatProviders(registered: readonly DescribedProvider[]): readonly string[] {
  const rows = registered.map(({ provider, plugin }) => [
    provider.family,
    provider.id,
    plugin.name === "kdflow" ? provider.summary : `${provider.summary} (${plugin.name} ${plugin.version})`,
  ]);
  return textTable([["family", "id", "summary"], ...rows]);
}
