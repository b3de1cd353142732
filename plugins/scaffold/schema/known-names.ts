import type { JsonSchema } from "../../../core/index.ts";
import type { SchemaEntry, Vocabulary } from "./editor-schema.ts";
import { isSchema } from "./map-children.ts";
import { reference, variable } from "./schema-parts.ts";

type Kinds = Pick<Vocabulary, "familyOf" | "kindNames">;

/**
 * What is added for files that stand alone: their providers are the built-in ones, and what is required is there.
 * Another file (`extends`) may supply what is missing, and a plugin other providers.
 */
export function aloneSchema(vocabulary: Vocabulary): JsonSchema {
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
 */
export function knownSchemas(
  entries: readonly SchemaEntry[],
  { familyNames, defaults }: Vocabulary,
): [string, JsonSchema][] {
  return familyNames.map((family) => [`known.${family}`, knownUse(entries, family, defaults[family])]);
}

function knownStage({ familyOf, kindNames }: Kinds, kind: string): JsonSchema {
  const own = reference(`known.${familyOf[kind]}`);
  const list = { if: { type: "array" }, ...branches({ items: own }, own) };
  return { if: { type: "object", required: ["kind"] }, ...branches(knownByKind({ familyOf, kindNames }), list) };
}

function knownByKind({ familyOf, kindNames }: Kinds): JsonSchema {
  return {
    allOf: kindNames.map((kind) => ({
      if: { type: "object", required: ["kind"], properties: { kind: { const: kind } } },
      // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
      then: reference(`known.${familyOf[kind]}`),
    })),
  };
}

function knownUse(entries: readonly SchemaEntry[], family: string, fallback: string | undefined): JsonSchema {
  const known = entries.filter((entry) => entry.family === family);
  const ids = known.map(({ id }) => id);
  if (ids.length === 0) return {};
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

function unknownName(family: string, ids: readonly string[]): string {
  return `kdflow has no such provider in ${family}. There are: ${ids.join(", ")}. Those of other packages need their plugin in \`plugins:\`.`;
}

/**
 * What must be there among a provider's options, and the slots of other providers in them.
 */
function knownOptions(schema: JsonSchema, entries: readonly SchemaEntry[]): JsonSchema {
  const { required, properties, terms } = schema;
  const slots = Object.entries(isSchema(properties) ? properties : {}).flatMap(([name, option]) => {
    const { provider, items } = option as JsonSchema;
    if (provider !== undefined) return [[name, silent({ allOf: [reference(`known.${provider}`)] })]];
    const each = isSchema(items) ? items["provider"] : undefined;
    return each === undefined ? [] : [[name, silent({ items: reference(`known.${each}`) })]];
  });
  return {
    ...(Array.isArray(required) && required.length > 0 ? { required } : {}),
    ...(slots.length > 0 ? { properties: Object.fromEntries(slots) } : {}),
    ...(terms === undefined ? {} : knownTerms(entries.filter(({ family }) => family === terms))),
  };
}

/**
 * A term is named after its provider, or says it by `use`.
 */
function knownTerms(terms: readonly SchemaEntry[]): JsonSchema {
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
 */
function silent(schema: JsonSchema): JsonSchema {
  return { ...schema, doNotSuggest: true };
}

function branches(yes: JsonSchema | boolean, no: JsonSchema | boolean): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
  return { then: yes, else: no };
}
