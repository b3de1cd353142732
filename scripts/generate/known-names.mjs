import { reference, variable } from "./schema-parts.mjs";

/** @typedef {import("./sources.mjs").Vocabulary} Vocabulary */
/** @typedef {{ family: string, id: string, schema: Record<string, any> }} Entry */

/**
 * What is added for files that stand alone: their providers are the built-in ones, and what is required is there.
 * Another file (`extends`) may supply what is missing, and a plugin other providers.
 *
 * @param {Vocabulary} vocabulary
 */
export function aloneSchema(vocabulary) {
  const stages = vocabulary.kindNames.map((kind) => [kind, silent(knownStage(vocabulary, kind))]);
  const known = { properties: Object.fromEntries(stages), additionalProperties: knownByKind(vocabulary) };
  return {
    if: { anyOf: [{ required: ["plugins"] }, { required: ["extends"] }] },
    // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
    then: true,
    else: { properties: { stages: silent(known) } },
  };
}

/**
 * For each family, what its uses must be: `known.<family>`.
 *
 * @param {readonly Entry[]} entries
 * @param {Vocabulary} vocabulary
 * @returns {[string, object][]}
 */
export function knownSchemas(entries, { familyNames, defaults }) {
  return familyNames.map((family) => [`known.${family}`, knownUse(entries, family, defaults[family])]);
}

/**
 * @param {Vocabulary} vocabulary
 * @param {string} kind
 */
function knownStage({ familyOf, kindNames }, kind) {
  const own = reference(`known.${familyOf[kind]}`);
  const list = { if: { type: "array" }, ...branches({ items: own }, own) };
  return { if: { type: "object", required: ["kind"] }, ...branches(knownByKind({ familyOf, kindNames }), list) };
}

/** @param {Pick<Vocabulary, "familyOf" | "kindNames">} vocabulary */
function knownByKind({ familyOf, kindNames }) {
  return {
    allOf: kindNames.map((kind) => ({
      if: { type: "object", required: ["kind"], properties: { kind: { const: kind } } },
      // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
      then: reference(`known.${familyOf[kind]}`),
    })),
  };
}

/**
 * @param {readonly Entry[]} entries
 * @param {string} family
 * @param {string | undefined} fallback
 */
function knownUse(entries, family, fallback) {
  const known = entries.filter((entry) => entry.family === family);
  const ids = known.map(({ id }) => id);
  const name = {
    if: { type: "string", not: variable },
    ...branches(silent({ enum: ids, errorMessage: unknownName(family, ids) }), true),
  };
  const cases = known.flatMap(({ id, schema }) => {
    const rule = knownOptions(schema, entries);
    if (Object.keys(rule).length === 0) return [];
    const required = id === fallback ? {} : { required: ["use"] };
    return [{ if: { type: "object", ...required, properties: { use: { const: id } } }, ...branches(rule, true) }];
  });
  const object = { properties: { use: name }, ...(cases.length === 0 ? {} : { allOf: cases }) };
  return { if: { type: "object" }, ...branches(object, name) };
}

/**
 * @param {string} family
 * @param {readonly string[]} ids
 */
function unknownName(family, ids) {
  return `kdflow has no such provider in ${family}. There are: ${ids.join(", ")}. Those of other packages need their plugin in \`plugins:\`.`;
}

/**
 * What must be there among a provider's options, and the slots of other providers in them.
 *
 * @param {Record<string, any>} schema
 * @param {readonly Entry[]} entries
 */
function knownOptions(schema, entries) {
  const slots = Object.entries(schema.properties ?? {}).flatMap(([name, { provider, items }]) => {
    if (provider !== undefined) return [[name, silent({ allOf: [reference(`known.${provider}`)] })]];
    return items?.provider === undefined ? [] : [[name, silent({ items: reference(`known.${items.provider}`) })]];
  });
  return {
    ...(schema.required?.length > 0 ? { required: schema.required } : {}),
    ...(slots.length > 0 ? { properties: Object.fromEntries(slots) } : {}),
    ...(schema.terms === undefined ? {} : knownTerms(entries.filter(({ family }) => family === schema.terms))),
  };
}

/**
 * A term is named after its provider, or says it by `use`.
 *
 * @param {readonly Entry[]} terms
 */
function knownTerms(terms) {
  const own = ["use", "kind", "seed", "inputs", ...terms.map(({ id }) => id)];
  const ids = terms.map(({ id }) => id);
  const named = { type: "object", required: ["use"], errorMessage: unknownName("losses", ids) };
  const known = { if: { type: "object", required: ["use"] }, ...branches(reference("known.losses"), named) };
  return {
    properties: Object.fromEntries(own.map((name) => [name, silent({})])),
    additionalProperties: known,
  };
}

/**
 * Checked, and never offered: what is offered stands with its description in the rest of the schema.
 *
 * @param {object} schema
 */
function silent(schema) {
  return { ...schema, doNotSuggest: true };
}

/**
 * @param {object | boolean} yes
 * @param {object | boolean} no
 */
function branches(yes, no) {
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
  return { then: yes, else: no };
}
