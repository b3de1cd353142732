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
  const shared = sharedOptions(schemas.map(({ schema }) => schema));
  const parts = [];
  for (const { name, schema } of shared.values()) {
    parts.push((await typeText(typed(schema, new Map()), name)).replace(/^export (type|interface)/mu, "$1"));
  }
  for (const { family, id, schema } of schemas) {
    parts.push(await typeText(typed(schema, shared), `${pascalCase(family)}${pascalCase(id)}Options`));
  }
  const body = parts.join("\n\n");
  const imported = ["LossTermUse", "ProviderUse"].filter((type) => new RegExp(`\\b${type}\\b`, "u").test(body));
  const imports = imported.length === 0 ? "" : `import type { ${imported.join(", ")} } from "../core/index.ts";\n`;
  return `${header}${imports}\n${body}\n`;
}

/**
 * @param {Record<string, any>} schema
 * @param {string} name
 */
async function typeText(schema, name) {
  const text = await compile(schema, name, {
    bannerComment: "",
    additionalProperties: false,
    unknownAny: true,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120 },
  });
  return text.trim();
}

/** Schemas of options whose text is shorter are written where they are needed. */
const shortest = 800;

/**
 * Long options that several providers have, word for word, by their text: each has one type.
 *
 * @param {readonly Record<string, any>[]} schemas
 */
function sharedOptions(schemas) {
  const shared = new Map();
  const seen = new Set();
  for (const [option, schema] of schemas.flatMap(({ properties }) => Object.entries(properties ?? {}))) {
    const text = JSON.stringify(schema);
    if (text.length < shortest || shared.has(text)) continue;
    if (!seen.has(text)) seen.add(text);
    else {
      const before = [...shared.values()].filter((entry) => entry.option === option).length;
      shared.set(text, { option, name: `Shared${pascalCase(option)}${before === 0 ? "" : before + 1}`, schema });
    }
  }
  return shared;
}

/**
 * The schema as the type generator should see it: slots are provider uses, an option with a default is always there.
 *
 * @param {Record<string, any>} schema
 * @param {Map<string, { name: string }>} shared types that stand apart, by the text of their schema
 * @returns {Record<string, any>}
 */
function typed(schema, shared) {
  const { title: _title, $id: _id, examples: _examples, provider, terms, default: _default, ...rest } = schema;
  const described = rest.description === undefined ? {} : { description: rest.description };
  const apart = shared.get(JSON.stringify(schema));
  if (apart !== undefined) return { ...described, tsType: apart.name };
  if (provider !== undefined) return { ...described, tsType: "ProviderUse" };
  if (terms !== undefined) return { ...described, tsType: "Readonly<Record<string, LossTermUse>>" };
  const copy = mapChildren(rest, (child) => typed(child, shared));
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
