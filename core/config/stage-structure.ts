import type { ClassMap } from "../contracts/classes.ts";
import { type DefaultProviders, type KindName, kindNames, teacherKinds } from "../contracts/kinds.ts";
import { allowedHint, nearestName } from "../errors/nearest.ts";
import { type ConfigNode, expandShortForm, isBroken, type MapNode, textOf, withoutKeys } from "./config-node.ts";
import { caretSpan } from "./pointer.ts";
import type { Problems } from "./problems.ts";
import type { Span } from "./source-text.ts";
import { describeNode, valueHints } from "./value-words.ts";

/** Keys of a stage that are the engine's, not its provider's. */
export const stageKeys: readonly string[] = ["use", "kind", "inputs", "seed"];
/** Keys of a `train` stage that the planner reads. */
export const trainKeys: readonly string[] = ["seeds", "baseline"];
/** Keys of a stage whose model can be a teacher. */
export const teacherKeys: readonly string[] = ["classMap"];

/** Kinds of which one pipeline may list several stages under one key. */
const listedKinds: readonly KindName[] = ["evaluate", "export"];

/** A stage whose own keys are read; its provider's options are not checked yet. */
export interface StageDraft {
  readonly name: string;
  readonly kind: KindName;
  readonly use: string;
  /** Where the provider is named: the value of `use`, else the stage's key. */
  readonly useAt: Span;
  readonly options: MapNode;
  /** The stage's key, or the item in a list of stages. */
  readonly key: Span;
  readonly written: MapNode;
  readonly seed: number;
  readonly seeds: number;
  readonly baseline: boolean;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly classMap: ClassMap | undefined;
}

export function isKind(name: string): name is KindName {
  return (kindNames as readonly string[]).includes(name);
}

export function reservedKeys(kind: KindName): readonly string[] {
  return [...stageKeys, ...(kind === "train" ? trainKeys : []), ...(teacherKinds.includes(kind) ? teacherKeys : [])];
}

/** Reads the keys of stages that belong to the engine; every mistake becomes a problem. */
export class StageReader {
  readonly #problems: Problems;
  /** Ids of the providers of a kind, for hints. */
  readonly #ids: (kind: KindName) => readonly string[];
  readonly #defaults: DefaultProviders;

  constructor(problems: Problems, ids: (kind: KindName) => readonly string[], defaults: DefaultProviders) {
    this.#problems = problems;
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
    const inputs = this.#inputsOf(map);
    const seed = this.#wholeNumber(map, "seed", 0, 0);
    if (kind === undefined) return undefined;
    const isTrain = kind === "train";
    const seeds = isTrain ? this.#wholeNumber(map, "seeds", 1, 1) : 1;
    const baseline = isTrain ? this.#trueOrFalse(map, "baseline", true) : true;
    const classMap = teacherKinds.includes(kind) ? this.#classMapOf(map) : undefined;
    const named = this.#useOf(name, kind, key, map);
    if (named === undefined) return undefined;
    const options = withoutKeys(map, new Set(reservedKeys(kind)));
    return { name, kind, ...named, options, key, written: map, seed, seeds, baseline, inputs, classMap };
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
    if (use !== undefined) return { use, useAt: entry.value.span };
    this.#wrongType(entry.value, entry.key, '"use" must be the id of a provider', ["string"]);
    return undefined;
  }

  #wrongType(value: ConfigNode, key: Span, message: string, wanted: readonly string[]): void {
    const at = caretSpan({ node: value, key });
    this.#problems.add("KDF_CONFIG_TYPE", `${message}, not ${describeNode(value)}`, at, valueHints(value, wanted));
  }

  #wholeNumber(map: MapNode, name: string, least: number, fallback: number): number {
    const entry = map.entries.get(name);
    if (entry === undefined || isBroken(entry.value)) return fallback;
    const value = entry.value.kind === "scalar" ? entry.value.value : undefined;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) {
      this.#wrongType(entry.value, entry.key, `"${name}" must be a whole number`, ["integer"]);
    } else if (value < least) {
      const hint = valueHints(entry.value, ["integer"]);
      this.#problems.add(
        "KDF_CONFIG_VALUE",
        `"${name}" must be at least ${least}, not ${value}`,
        entry.value.span,
        hint,
      );
    } else return value;
    return fallback;
  }

  #trueOrFalse(map: MapNode, name: string, fallback: boolean): boolean {
    const entry = map.entries.get(name);
    if (entry === undefined || isBroken(entry.value)) return fallback;
    if (entry.value.kind === "scalar" && typeof entry.value.value === "boolean") return entry.value.value;
    this.#wrongType(entry.value, entry.key, `"${name}" must be true or false`, ["boolean"]);
    return fallback;
  }

  #inputsOf(map: MapNode): Record<string, readonly string[]> {
    const entry = map.entries.get("inputs");
    if (entry === undefined || isBroken(entry.value)) return {};
    if (entry.value.kind !== "map") {
      this.#wrongType(entry.value, entry.key, '"inputs" must be a map from input to stage', []);
      return {};
    }
    const inputs: (readonly [string, readonly string[]])[] = [];
    for (const [port, { key, value }] of entry.value.entries) {
      if (isBroken(value)) continue;
      const names = (value.kind === "list" ? value.items : [value]).map(textOf);
      if (names.every((name) => name !== undefined)) inputs.push([port, names]);
      else this.#wrongType(value, key, `the input "${port}" must be a stage's name or a list of them`, ["string"]);
    }
    return Object.fromEntries(inputs);
  }

  #classMapOf(map: MapNode): ClassMap | undefined {
    const entry = map.entries.get("classMap");
    if (entry === undefined || isBroken(entry.value)) return undefined;
    if (entry.value.kind !== "map") {
      this.#wrongType(entry.value, entry.key, "\"classMap\" must be a map from the model's classes to the data's", []);
      return undefined;
    }
    const pairs: (readonly [string, string])[] = [];
    for (const [name, { key, value }] of entry.value.entries) {
      if (isBroken(value)) continue;
      const target = textOf(value);
      if (target !== undefined) pairs.push([name, target]);
      else this.#wrongType(value, key, `the class "${name}" must be given a class of the data`, ["string"]);
    }
    return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
  }
}
