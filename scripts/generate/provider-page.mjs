import { stringify } from "yaml";

const intro = `# Built-in providers

Generated from \`schemas/providers\` by \`scripts/generate.mjs\`; change the schemas instead.
Options stand beside \`use:\`. A value in brackets is a list; a family in italics is a slot that holds a provider.
`;

/**
 * The reference page: one table per provider.
 *
 * @param {{ family: string, id: string, schema: Record<string, any> }[]} schemas
 */
export function providerPage(schemas) {
  const lines = [intro];
  let family;
  for (const entry of schemas) {
    if (entry.family !== family) lines.push(`## ${entry.family}\n`);
    family = entry.family;
    lines.push(`### ${entry.id}\n`);
    if (entry.schema.description !== undefined) lines.push(`${entry.schema.description}\n`);
    lines.push(`${optionTable(entry.schema)}\n`);
    for (const example of entry.schema.examples ?? []) lines.push(`Example: \`${exampleText(entry.id, example)}\`\n`);
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

/**
 * An example as YAML on one line; an id alone where there are no options.
 *
 * @param {string} id
 * @param {Record<string, unknown>} options
 */
function exampleText(id, options) {
  if (Object.keys(options).length === 0) return id;
  return stringify({ use: id, ...options }, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

/** @param {Record<string, any>} schema */
function optionTable(schema) {
  if (schema.terms !== undefined) return `A map of terms from *${schema.terms}*; a number alone is the term's weight.`;
  const rows = optionRows(schema, "");
  if (rows.length === 0) return "No options.";
  return ["| option | value | default | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/**
 * @param {Record<string, any>} schema
 * @param {string} prefix
 * @returns {string[]}
 */
function optionRows(schema, prefix) {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const name = `${prefix}${key}`;
    const needed = schema.required?.includes(key) && option.default === undefined ? "**required**" : "";
    const standard = option.default === undefined ? needed : `\`${JSON.stringify(option.default)}\``;
    const row = `| \`${name}\` | ${escapeCell(valueText(option))} | ${escapeCell(standard)} | ${escapeCell(option.description ?? "")} |`;
    return [row, ...optionRows(option, `${name}.`)];
  });
}

/**
 * What a value may be, in a few words.
 *
 * @param {Record<string, any>} schema
 * @returns {string}
 */
function valueText(schema) {
  if (schema.provider !== undefined) return `*${schema.provider}*`;
  if (schema.terms !== undefined) return `map of *${schema.terms}*`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.const !== undefined) return `\`${schema.const}\``;
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map(valueText).join(" or ");
  if (schema.type === "array") return `[${valueText(schema.items ?? {})}]`;
  if (schema.type === "object" && schema.properties === undefined && schema.additionalProperties) {
    return `map of ${typeof schema.additionalProperties === "object" ? valueText(schema.additionalProperties) : "any"}`;
  }
  return [[schema.type ?? "any"].flat().join(" or "), rangeText(schema)].join(" ").trim();
}

/** @param {Record<string, any>} schema */
function rangeText(schema) {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const from = low === undefined ? "" : `${schema.minimum === undefined ? ">" : "≥"} ${low}`;
  const to = high === undefined ? "" : `${schema.maximum === undefined ? "<" : "≤"} ${high}`;
  return [from, to].filter((part) => part !== "").join(", ");
}

/** @param {string} text */
function escapeCell(text) {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
