import type { JsonSchema } from "../../../core/index.ts";
import { isSchema, mapChildren } from "./map-children.ts";
import { reference } from "./schema-parts.ts";

/** Schemas of options whose text is shorter stand where they are needed. */
const shortest = 1000;

/**
 * Gives options that several providers have, word for word, one definition: `shared.<option>`. Without it each backbone
 * would hold all that `weights` may be.
 */
export function shareRepeated(definitions: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, JsonSchema>> {
  const counts = new Map<string, number>();
  eachOption(definitions, (_name, text) => {
    counts.set(text, (counts.get(text) ?? 0) + 1);
    return undefined;
  });
  const shared = new Map<string, { readonly key: string; readonly schema: JsonSchema }>();
  const changed = eachOption(definitions, (name, text, schema) => {
    if ((counts.get(text) ?? 0) < 2) return undefined;
    const before = [...shared.values()].filter(({ key }) => key.split(".")[1] === name).length;
    const key = shared.get(text)?.key ?? (before === 0 ? `shared.${name}` : `shared.${name}.${before + 1}`);
    shared.set(text, { key, schema });
    return reference(key);
  });
  return { ...changed, ...Object.fromEntries([...shared.values()].map(({ key, schema }) => [key, schema])) };
}

/** Passes every long schema of an option, the outermost first, and puts what `change` gives in its place. */
function eachOption(
  definitions: Readonly<Record<string, JsonSchema>>,
  change: (name: string, text: string, schema: JsonSchema) => JsonSchema | undefined,
): Readonly<Record<string, JsonSchema>> {
  const visit = (schema: JsonSchema): JsonSchema => {
    const { properties, ...rest } = mapChildren(schema, (child, keyword) =>
      keyword === "properties" ? child : visit(child),
    );
    if (!isSchema(properties)) return properties === undefined ? rest : { ...rest, properties };
    const entries = Object.entries(properties).map(([name, option]) => {
      if (!isSchema(option)) return [name, option];
      const text = JSON.stringify(option);
      return [name, (text.length >= shortest && change(name, text, option)) || visit(option)];
    });
    return { ...rest, properties: Object.fromEntries(entries) };
  };
  return Object.fromEntries(Object.entries(definitions).map(([key, schema]) => [key, visit(schema)]));
}
