import type { ClassMap } from "../contracts/classes.ts";
import { type DefaultProviders, type KindName, kindNames } from "../contracts/kinds.ts";
import { stageKeySchema, stageKeys } from "../contracts/stage-keys.ts";
import { allowedHint, nearestName } from "../errors/nearest.ts";
import {
  type ConfigNode,
  expandShortForm,
  isBroken,
  type MapNode,
  mapNode,
  textOf,
  toPlain,
  withoutKeys,
} from "./config-node.ts";
import { caretSpan } from "./pointer.ts";
import type { Problems } from "./problems.ts";
import type { SchemaChecker } from "./schema-checker.ts";
import { reportSchemaErrors } from "./schema-problems.ts";
import type { Span } from "./source-text.ts";
import { describeNode, valueHints } from "./value-words.ts";

/** Kinds of which one pipeline may list several stages under one key. */
const listedKinds: readonly KindName[] = ["evaluate", "export"];

/** The engine's keys of a stage, with their defaults. */
interface StageKeys {
  readonly seed: number;
  readonly seeds: number;
  readonly baseline: boolean;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly classMap: ClassMap | undefined;
  readonly to: string | undefined;
}

/** A stage whose own keys are read; its provider's options are not checked yet. */
export interface StageDraft extends StageKeys {
  readonly name: string;
  readonly kind: KindName;
  readonly use: string;
  /** Where the provider is named: the value of `use`, else the stage's key. */
  readonly useAt: Span;
  readonly options: MapNode;
  /** The stage's key, or the item in a list of stages. */
  readonly key: Span;
  readonly written: MapNode;
}

export function isKind(name: string): name is KindName {
  return (kindNames as readonly string[]).includes(name);
}

/** Reads the keys of stages that belong to the engine; every mistake becomes a problem. */
export class StageReader {
  readonly #problems: Problems;
  readonly #checker: SchemaChecker;
  /** Ids of the providers of a kind, for hints. */
  readonly #ids: (kind: KindName) => readonly string[];
  readonly #defaults: DefaultProviders;

  constructor(
    problems: Problems,
    checker: SchemaChecker,
    ids: (kind: KindName) => readonly string[],
    defaults: DefaultProviders,
  ) {
    this.#problems = problems;
    this.#checker = checker;
    this.#ids = ids;
    this.#defaults = defaults;
  }

  /** All stages that can be understood; a list under one key gives one for each item. */
  readAll(stages: MapNode): StageDraft[] {
    return [...stages.entries].flatMap(([name, { key, value }]) => {
      if (isBroken(value) || !this.#checkName(name, key)) return [];
      if (value.kind === "list") return this.#readList(name, key, value.items);
      const map = this.#asMap(name, key, value);
      const draft = map === undefined ? undefined : this.#readOne(name, name, key, map);
      return draft === undefined ? [] : [draft];
    });
  }

  #checkName(name: string, key: Span): boolean {
    if (/^[A-Za-z][\w-]*$/.test(name)) return true;
    const hint = "begin with a letter; go on with letters, digits, - and _";
    this.#problems.add("KDF_CONFIG_VALUE", `"${name}" is no name for a stage`, key, hint);
    return false;
  }

  #asMap(name: string, key: Span, value: ConfigNode): MapNode | undefined {
    const expanded = expandShortForm(value);
    if (expanded.kind === "map") return expanded;
    const fallback = isKind(name) ? this.#defaults[name] : undefined;
    if (expanded.kind === "scalar" && expanded.value === null) {
      const hint =
        fallback === undefined
          ? "write the provider's id, a map with `use:`, or take the key out"
          : `for "${fallback}" with its defaults write \`${name}: ${fallback}\``;
      this.#problems.add("KDF_CONFIG_TYPE", `the stage "${name}" is empty`, key, hint);
      return undefined;
    }
    const at = caretSpan({ node: value, key });
    const message = `the stage "${name}" must be a provider's id or a map, not ${describeNode(value)}`;
    this.#problems.add("KDF_CONFIG_TYPE", message, at, [
      ...valueHints(value, []),
      `such as \`${name}: ${fallback ?? "<id>"}\` or \`${name}: { use: ${fallback ?? "<id>"}, … }\``,
    ]);
    return undefined;
  }

  #readList(name: string, key: Span, items: readonly ConfigNode[]): StageDraft[] {
    if (!isKind(name) || !listedKinds.includes(name)) {
      const hint = `only ${listedKinds.join(" and ")} take a list; give each stage a name and a \`kind\` of its own`;
      this.#problems.add("KDF_CONFIG_TYPE", `the stage "${name}" must not be a list`, key, hint);
      return [];
    }
    const seen = new Map<string, number>();
    return items.flatMap((item) => {
      const map = isBroken(item) ? undefined : this.#asMap(name, item.span, item);
      const at = item.kind === "map" ? (item.entries.get("use")?.value.span ?? item.span) : item.span;
      const draft = map === undefined ? undefined : this.#readOne(name, name, at, map);
      if (draft === undefined) return [];
      const count = (seen.get(draft.use) ?? 0) + 1;
      seen.set(draft.use, count);
      return [{ ...draft, name: `${name}.${draft.use}${count === 1 ? "" : `-${count}`}` }];
    });
  }

  #readOne(name: string, kindByName: string, key: Span, map: MapNode): StageDraft | undefined {
    const kind = this.#kindOf(kindByName, key, map);
    const engine = this.#engineKeys(name, kind, key, map);
    const named = kind === undefined ? undefined : this.#useOf(name, kind, key, map);
    if (kind === undefined || named === undefined) return undefined;
    return { name, kind, ...named, ...engine, options: withoutKeys(map, new Set(stageKeys(kind))), key, written: map };
  }

  /** The engine's keys, checked and filled in; the defaults where one of them is wrong. */
  #engineKeys(name: string, kind: KindName | undefined, key: Span, map: MapNode): StageKeys {
    const schema = stageKeySchema(kind ?? "data");
    const own = stageKeys(kind ?? "data").filter((name) => name !== "kind");
    const given = [...map.entries].filter(([entry]) => own.includes(entry));
    const node = mapNode(map.span, given);
    const owner = `the stage "${name}"`;
    const { options, errors } = this.#checker.check(schema, toPlain(node), owner);
    reportSchemaErrors(errors, { node, key, owner, reserved: [], idsOf: () => [] }, this.#problems);
    const keys = (errors.length === 0 ? options : {}) as Partial<StageKeys>;
    const { seed = 0, seeds = 1, baseline = true, classMap = {}, to } = keys;
    const inputs = Object.entries(keys.inputs ?? {}).map(([port, stages]) => [port, [stages].flat()] as const);
    return {
      seed,
      seeds,
      baseline,
      inputs: Object.fromEntries(inputs),
      classMap: Object.keys(classMap).length === 0 ? undefined : classMap,
      to,
    };
  }

  #kindOf(name: string, key: Span, map: MapNode): KindName | undefined {
    const node = map.entries.get("kind")?.value;
    if (isBroken(node)) return undefined;
    if (node === undefined) {
      if (isKind(name)) return name;
      this.#problems.add("KDF_CONFIG_UNKNOWN_KIND", `"${name}" is not a kind of stage`, key, [
        allowedHint(name, kindNames, "kinds"),
        ...(nearestName(name, kindNames) === undefined ? ["a stage with a name of its own says its `kind:`"] : []),
      ]);
      return undefined;
    }
    const kind = textOf(node);
    if (kind !== undefined && isKind(kind)) return kind;
    const at = caretSpan({ node, key });
    const hint = allowedHint(kind ?? "", kindNames, "kinds");
    this.#problems.add("KDF_CONFIG_UNKNOWN_KIND", `${describeNode(node)} is not a kind of stage`, at, hint);
    return undefined;
  }

  #useOf(name: string, kind: KindName, key: Span, map: MapNode): { use: string; useAt: Span } | undefined {
    const entry = map.entries.get("use");
    if (isBroken(entry?.value)) return undefined;
    if (entry === undefined) {
      const fallback = this.#defaults[kind];
      if (fallback !== undefined) return { use: fallback, useAt: key };
      const misspelled = [...map.entries.keys()].find((other) => nearestName(other, ["use"]) !== undefined);
      this.#problems.add("KDF_CONFIG_MISSING_USE", `the stage "${name}" does not say what to use`, key, [
        `add \`use:\` with one of: ${this.#ids(kind).join(", ")}`,
        ...(misspelled === undefined ? [] : [`did you mean "use" by "${misspelled}"?`]),
      ]);
      return undefined;
    }
    const use = textOf(entry.value);
    return use === undefined ? undefined : { use, useAt: entry.value.span };
  }
}
