import { compile } from "json-schema-to-typescript";
import { mapChildren } from "../../plugins/scaffold/schema/map-children.ts";

const header = `/* Generated from schemas/providers by scripts/generate.mjs; change the schemas instead. */
`;

/**
 * TypeScript types of the options as providers get them: validated, defaults applied.
 *
 * @param {{ family: string, id: string, schema: Record<string, unknown> }[]} schemas
 */
export async function optionTypes(schemas) {
  const parts = [];
  for (const { family, id, schema } of schemas) {
    const name = `${pascalCase(family)}${pascalCase(id)}Options`;
    const text = await compile(typed(schema), name, {
      bannerComment: "",
      additionalProperties: false,
      unknownAny: true,
      ignoreMinAndMaxItems: true,
      style: { printWidth: 120 },
    });
    parts.push(text.trim());
  }
  const body = parts.join("\n\n");
  const imported = ["LossTermUse", "ProviderUse"].filter((type) => new RegExp(`\\b${type}\\b`, "u").test(body));
  const imports = imported.length === 0 ? "" : `import type { ${imported.join(", ")} } from "../core/index.ts";\n`;
  return `${header}${imports}\n${body}\n`;
}

/**
 * The schema as the type generator should see it: slots are provider uses, an option with a default is always there.
 *
 * @param {Record<string, any>} schema
 * @returns {Record<string, any>}
 */
function typed(schema) {
  const { title: _title, $id: _id, examples: _examples, provider, terms, default: _default, ...rest } = schema;
  const described = rest.description === undefined ? {} : { description: rest.description };
  if (provider !== undefined) return { ...described, tsType: "ProviderUse" };
  if (terms !== undefined) return { ...described, tsType: "Readonly<Record<string, LossTermUse>>" };
  const copy = mapChildren(rest, typed);
  if (schema.properties !== undefined) {
    const defaulted = Object.keys(schema.properties).filter((key) => schema.properties[key].default !== undefined);
    copy.required = [...new Set([...(schema.required ?? []), ...defaulted])];
  }
  return copy;
}

/**
 * `soft-labels` or `softLabels` as `SoftLabels`.
 *
 * @param {string} name
 */
function pascalCase(name) {
  return name.replace(/(?:^|-)([a-z0-9])/gu, (_, letter) => letter.toUpperCase());
}
