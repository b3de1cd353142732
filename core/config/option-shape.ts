import type { JsonSchema } from "../contracts/json-schema.ts";
import { type DefaultProviders, type FamilyName, type KindName, kinds } from "../contracts/kinds.ts";
import { stageKeys } from "../contracts/stage-keys.ts";
import { termKeys, weightRamp } from "../contracts/term-keys.ts";
import { type ConfigNode, type Plain, textOf } from "./config-node.ts";
import { keywordOf } from "./schema-shape.ts";
import { isKind } from "./stage-structure.ts";

/** A provider with options beside `use`. */
export interface ProviderShape {
  readonly form: "provider";
  readonly family: FamilyName;
  /** What stands where nothing is written: an id, or a map with `use`. */
  readonly fallback?: Plain;
  /** Keys that are not the provider's. */
  readonly reserved: ReadonlyMap<string, Shape>;
  /** A number alone is short for `{ weight }`. */
  readonly isTerm?: boolean;
}

/** What is known about a place in the file before its value is looked at. */
export type Shape =
  | ProviderShape
  | { readonly form: "terms"; readonly family: FamilyName; readonly schema: JsonSchema }
  | { readonly form: "schema"; readonly schema: JsonSchema; readonly root: JsonSchema }
  /** Nothing is known: only keys that are there already can be set. */
  | { readonly form: "written" };

export const written: Shape = { form: "written" };

function writtenShapes(names: readonly string[]): Map<string, Shape> {
  return new Map(names.map((name) => [name, written]));
}

/** Keys of one stage: the engine's own, and those of its provider; `undefined` for a stage of no known kind. */
export function stageShape(name: string, node: ConfigNode | undefined, defaults: DefaultProviders): Shape | undefined {
  const kindNode = node?.kind === "map" ? node.entries.get("kind")?.value : undefined;
  const kind = textOf(kindNode) ?? name;
  if (!isKind(kind)) return undefined;
  const { family, ports } = kinds[kind];
  const fallback = defaults[kind];
  const inputs: JsonSchema = { properties: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])) };
  return {
    form: "provider",
    family,
    ...(fallback === undefined ? {} : { fallback }),
    reserved: reservedShapes(kind, inputs),
  };
}

function reservedShapes(kind: KindName, inputs: JsonSchema): Map<string, Shape> {
  const shapes = writtenShapes(stageKeys(kind)).set("inputs", { form: "schema", schema: inputs, root: inputs });
  if (!shapes.has("classMap")) return shapes;
  const classes: JsonSchema = { additionalProperties: { type: "string" } };
  return shapes.set("classMap", { form: "schema", schema: classes, root: classes });
}

/** What a schema says about a place: a slot, loss terms, or plain options. */
export function shapeOfSchema(schema: JsonSchema, root: JsonSchema): Shape {
  const family = keywordOf(schema, root, "provider");
  const terms = keywordOf(schema, root, "terms");
  if (typeof family === "string") {
    const fallback = schema["default"] as Plain | undefined;
    const reserved = writtenShapes(["use"]);
    return {
      form: "provider",
      family: family as FamilyName,
      reserved,
      ...(fallback === undefined ? {} : { fallback }),
    };
  }
  if (typeof terms === "string") return { form: "terms", family: terms as FamilyName, schema };
  return { form: "schema", schema, root };
}

/** One term of a loss; its name is its provider unless it says `use`. */
export function termShape(family: FamilyName, name: string): Shape {
  const weight: Shape = { form: "schema", schema: weightRamp, root: weightRamp };
  const pairs: JsonSchema = { additionalProperties: { type: "string" } };
  const at: Shape = { form: "schema", schema: pairs, root: pairs };
  const adapter: Shape = { form: "provider", family: "adapters", reserved: writtenShapes(["use"]) };
  return {
    form: "provider",
    family,
    fallback: name,
    reserved: writtenShapes(termKeys).set("weight", weight).set("at", at).set("adapter", adapter),
    isTerm: true,
  };
}
