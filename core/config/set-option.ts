import type { JsonSchema } from "../contracts/json-schema.ts";
import { type DefaultProviders, type FamilyName, kindNames } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { Registry } from "../plugins/registry.ts";
import {
  type ConfigNode,
  expandShortForm,
  fromPlain,
  type ListNode,
  type MapNode,
  mapNode,
  textOf,
  withEntry,
} from "./config-node.ts";
import { type ProviderShape, type Shape, shapeOfSchema, stageShape, termShape, written } from "./option-shape.ts";
import type { Problems } from "./problems.ts";
import { keysOfSchema, keywordOf, schemaOfItems, schemaOfKey } from "./schema-shape.ts";
import type { SetArgument } from "./set-argument.ts";
import type { Span } from "./source-text.ts";
import { isKind } from "./stage-structure.ts";
import type { Variables } from "./variables.ts";

/** The map at a place, the keys that can be set in it, and what stands under each. */
interface Level {
  readonly map: MapNode;
  /** Names for hints. */
  readonly names: readonly string[];
  /** The shape under a key; `undefined` for keys that nobody knows. */
  shapeOf(name: string): Shape | undefined;
}

/** Thrown inside to leave a path that cannot be followed; the problem is reported already, or will be. */
const unreachable = Symbol("unreachable");

/** Follows the paths of `--set` arguments into stages, through short forms, defaults and schemas. */
export class OptionSetter {
  readonly #registry: Registry;
  readonly #variables: Variables;
  readonly #problems: Problems;
  readonly #defaults: DefaultProviders;

  constructor(registry: Registry, variables: Variables, problems: Problems, defaults: DefaultProviders) {
    this.#registry = registry;
    this.#variables = variables;
    this.#problems = problems;
    this.#defaults = defaults;
  }

  /** The stages with one value replaced; the same stages where the path leads nowhere, which is then a problem. */
  async set(stages: MapNode, argument: SetArgument): Promise<MapNode> {
    const [first, ...path] = argument.path.slice(1);
    if (first === undefined) return stages;
    const entry = stages.entries.get(first.name);
    if (entry === undefined && (path.length > 0 || !isKind(first.name))) {
      const names = [...stages.entries.keys(), ...(path.length > 0 ? [] : kindNames)];
      this.#unknown(`there is no stage "${first.name}"`, first.span, first.name, [...new Set(names)]);
      return stages;
    }
    const shape = stageShape(first.name, entry?.value, this.#defaults);
    // That its kind is unknown is told by validation.
    if (shape === undefined) return stages;
    try {
      const value = await this.#place(entry?.value, shape, path, argument.value, first.span);
      return withEntry(stages, first.name, { key: entry?.key ?? first.span, value });
    } catch (reason) {
      if (reason === unreachable) return stages;
      throw reason;
    }
  }

  #unknown(message: string, at: Span, name: string, names: readonly string[]): void {
    this.#problems.add("KDF_CONFIG_SET", message, at, allowedHint(name, names));
  }

  /** @param at the segment that led here; new maps stand there */
  async #place(
    node: ConfigNode | undefined,
    shape: Shape,
    path: SetArgument["path"],
    value: ConfigNode,
    at: Span,
  ): Promise<ConfigNode> {
    const [segment, ...rest] = path;
    if (segment === undefined) return value;
    if (node?.kind === "list") return this.#placeInList(node, shape, segment, rest, value);
    const level = await this.#level(node, shape, at);
    const entry = level.map.entries.get(segment.name);
    const below = level.shapeOf(segment.name) ?? (entry === undefined ? undefined : written);
    if (below === undefined) {
      const names = [...new Set([...level.map.entries.keys(), ...level.names])];
      this.#unknown(`"${segment.name}" is not a key of "${textOfSpan(at)}"`, segment.span, segment.name, names);
      throw unreachable;
    }
    const placed = await this.#place(entry?.value, below, rest, value, segment.span);
    return withEntry(level.map, segment.name, { key: entry?.key ?? segment.span, value: placed });
  }

  /** A list's items go by number, or by the provider that they use. */
  async #placeInList(
    list: ListNode,
    shape: Shape,
    segment: { readonly name: string; readonly span: Span },
    rest: SetArgument["path"],
    value: ConfigNode,
  ): Promise<ListNode> {
    const uses = list.items.map((item) => this.#useOf(expandShortForm(item)) ?? "");
    const index = /^\d+$/.test(segment.name) ? Number(segment.name) : uses.indexOf(segment.name);
    const item = list.items[index];
    if (item === undefined) {
      const names = uses.map((use, i) => (use === "" ? String(i) : use));
      this.#unknown(`the list has no item "${segment.name}"`, segment.span, segment.name, names);
      throw unreachable;
    }
    const itemShape =
      shape.form === "schema" ? shapeOfSchema(schemaOfItems(shape.schema, shape.root), shape.root) : shape;
    const placed = await this.#place(item, itemShape, rest, value, segment.span);
    return { ...list, items: list.items.with(index, placed) };
  }

  #useOf(node: ConfigNode): string | undefined {
    const use = node.kind === "map" ? node.entries.get("use")?.value : undefined;
    return use === undefined ? undefined : textOf(this.#variables.substitute(use));
  }

  async #level(node: ConfigNode | undefined, shape: Shape, at: Span): Promise<Level> {
    if (shape.form === "provider") return this.#providerLevel(node, shape, at);
    const map = node?.kind === "map" ? node : mapNode(at, []);
    if (shape.form === "terms") {
      const names = [...keysOfSchema(shape.schema, shape.schema), ...this.#registry.ids(shape.family)];
      const known = (name: string): boolean => names.includes(name) || map.entries.has(name);
      return { map, names, shapeOf: (name) => (known(name) ? termShape(shape.family, name) : undefined) };
    }
    if (shape.form === "written") return { map, names: [], shapeOf: () => undefined };
    const { schema, root } = shape;
    return {
      map,
      names: keysOfSchema(schema, root),
      shapeOf: (name) => {
        const child = schemaOfKey(schema, root, name);
        return child === undefined ? undefined : shapeOfSchema(child, root);
      },
    };
  }

  async #providerLevel(node: ConfigNode | undefined, shape: ProviderShape, at: Span): Promise<Level> {
    const map = this.#providerMap(node, shape, at);
    const fallback = typeof shape.fallback === "string" ? shape.fallback : undefined;
    const use = this.#useOf(map) ?? fallback;
    const schema = use === undefined ? undefined : await this.#schemaOf(shape.family, use);
    // Without a provider nobody can say which options there are; that one is missing is told by validation.
    if (schema === undefined) return { map, names: [], shapeOf: (name) => shape.reserved.get(name) ?? written };
    const terms = keywordOf(schema, schema, "terms");
    const own = [...shape.reserved.keys()];
    const options: Shape =
      typeof terms === "string" ? shapeOfSchema(schema, schema) : { form: "schema", schema, root: schema };
    const inner = await this.#level(map, options, at);
    return { map, names: [...inner.names, ...own], shapeOf: (name) => shape.reserved.get(name) ?? inner.shapeOf(name) };
  }

  /** The provider's map: as written, from the short form, from the slot's default, or new. */
  #providerMap(node: ConfigNode | undefined, shape: ProviderShape, at: Span): MapNode {
    if (node?.kind === "scalar" && typeof node.value === "number" && shape.isTerm === true) {
      return mapNode(node.span, [["weight", { key: node.span, value: node }]]);
    }
    if (node?.kind === "map") return node;
    const expanded = node === undefined ? undefined : expandShortForm(this.#variables.substitute(node));
    if (expanded?.kind === "map") return expanded;
    if (shape.fallback === undefined) return mapNode(at, []);
    const fallback = expandShortForm(fromPlain(shape.fallback, at));
    return fallback.kind === "map" ? fallback : mapNode(at, []);
  }

  async #schemaOf(family: FamilyName, use: string): Promise<JsonSchema | undefined> {
    try {
      return (await this.#registry.find(family, use)).schema;
    } catch (error) {
      if (error instanceof KdflowError) return undefined;
      throw error;
    }
  }
}

function textOfSpan({ source, start, end }: Span): string {
  return source.text.slice(start, end);
}
