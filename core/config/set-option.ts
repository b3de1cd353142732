import { type DefaultProviders, type KindName, kindNames, kinds } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { Registry } from "../plugins/registry.ts";
import {
  type ConfigNode,
  expandShortForm,
  fromPlain,
  type ListNode,
  type MapEntry,
  type MapNode,
  mapNode,
  type Plain,
  textOf,
  withEntry,
} from "./config-node.ts";
import { HiddenValues } from "./hidden-values.ts";
import type { ResolvedStage } from "./pipeline.ts";
import { Problems } from "./problems.ts";
import { resolveStages } from "./resolve-stages.ts";
import type { SchemaChecker } from "./schema-checker.ts";
import { pathKeyAt, type SetArgument, type SetKey } from "./set-argument.ts";
import { isKind, StageReader } from "./stage-structure.ts";
import { type Environment, Variables } from "./variables.ts";

/** What is needed to complete a stage as the whole pipeline will be. */
export interface SetContext {
  readonly registry: Registry;
  readonly checker: SchemaChecker;
  readonly vars: MapNode | undefined;
  readonly env: Environment;
  readonly defaults: DefaultProviders;
}

/** A stage with all defaults, and what is wrong with it. */
interface Completed {
  readonly stages: readonly ResolvedStage[];
  readonly problems: readonly KdflowError[];
}

function childOf(complete: Plain | undefined, name: string): Plain | undefined {
  if (typeof complete !== "object" || complete === null) return undefined;
  if (Object.hasOwn(complete, name)) return (complete as Readonly<Record<string, Plain>>)[name];
  // a loss term keeps its own options apart
  return "options" in complete ? childOf(complete["options"], name) : undefined;
}

/**
 * Puts the values of `--set` at their places. What is not written down is taken from the completed stage: a slot's
 * default becomes a map, so that one of its options can be set. A path that the stage's schemas refuse is a problem.
 */
export class OptionSetter {
  readonly #context: SetContext;
  readonly #problems: Problems;

  constructor(context: SetContext, problems: Problems) {
    this.#context = context;
    this.#problems = problems;
  }

  /** The stages with one value replaced; the same stages where the path leads nowhere, which is then a problem. */
  async set(stages: MapNode, argument: SetArgument): Promise<MapNode> {
    const [first, ...path] = argument.path.slice(1);
    if (first === undefined) return stages;
    const entry = stages.entries.get(first.name);
    if (entry === undefined || path.length === 0) {
      if (entry !== undefined || (path.length === 0 && isKind(first.name))) {
        return withEntry(stages, first.name, { key: entry?.key ?? first.span, value: argument.value });
      }
      const names = [...stages.entries.keys(), ...(path.length > 0 ? [] : kindNames)];
      this.#refuse(`there is no stage "${first.name}"`, first, names);
      return stages;
    }
    const before = await this.#complete(first.name, entry);
    const options = before.stages.map((stage) => stage.options as Plain);
    const complete = entry.value.kind === "list" ? options : options[0];
    const value = this.#place(entry.value, complete, path, argument.value, first);
    if (value === undefined) return stages;
    const after = await this.#complete(first.name, { key: entry.key, value });
    const isRefused = this.#checkPort(path, before) || this.#checkPath(argument, after.problems);
    return isRefused ? stages : withEntry(stages, first.name, { key: entry.key, value });
  }

  #refuse(message: string, { name, span }: SetKey, names: readonly string[]): void {
    this.#problems.add("KDF_CONFIG_SET", message, span, allowedHint(name, [...new Set(names)]));
  }

  async #complete(name: string, entry: MapEntry): Promise<Completed> {
    const { registry, checker, defaults } = this.#context;
    const problems = new Problems();
    const value = this.#variables(problems).substitute(entry.value);
    const ids = (kind: KindName): readonly string[] => registry.ids(kinds[kind].family);
    const reader = new StageReader(problems, checker, ids, defaults);
    const drafts = reader.readAll(mapNode(entry.key, [[name, { key: entry.key, value }]]));
    return { stages: await resolveStages(drafts, registry, checker, problems), problems: problems.all() };
  }

  #variables(problems: Problems): Variables {
    return new Variables(this.#context.vars, this.#context.env, new HiddenValues(), problems);
  }

  /** @returns the node with the value in it, or `undefined` for an item that a list does not have */
  #place(
    node: ConfigNode | undefined,
    complete: Plain | undefined,
    path: readonly SetKey[],
    value: ConfigNode,
    at: SetKey,
  ): ConfigNode | undefined {
    const [key, ...rest] = path;
    if (key === undefined) return value;
    if (node?.kind === "list") return this.#placeInList(node, complete, key, rest, value);
    const map = this.#asMap(node, complete, at);
    const entry = map.entries.get(key.name);
    const placed = this.#place(entry?.value, childOf(complete, key.name), rest, value, key);
    // a map in the place of a single value is the argument's
    const isOwn = entry === undefined || (entry.value.kind === "scalar" && rest.length > 0);
    return placed && withEntry(map, key.name, { key: isOwn ? key.span : entry.key, value: placed });
  }

  /** A list's items go by number, or by the provider that they use. */
  #placeInList(
    list: ListNode,
    complete: Plain | undefined,
    key: SetKey,
    rest: readonly SetKey[],
    value: ConfigNode,
  ): ListNode | undefined {
    const variables = this.#variables(new Problems());
    const uses = list.items.map((item) => {
      const map = expandShortForm(variables.substitute(item));
      return (map.kind === "map" ? textOf(map.entries.get("use")?.value) : undefined) ?? "";
    });
    const index = /^\d+$/.test(key.name) ? Number(key.name) : uses.indexOf(key.name);
    const item = list.items[index];
    if (item === undefined) {
      const names = uses.map((use, i) => (use === "" ? String(i) : use));
      this.#refuse(`the list has no item "${key.name}"`, key, names);
      return undefined;
    }
    const placed = this.#place(item, childOf(complete, String(index)), rest, value, key);
    return placed && { ...list, items: list.items.with(index, placed) };
  }

  /** What is written, a short form or a term's weight as a map, or what stands there by default. */
  #asMap(node: ConfigNode | undefined, complete: Plain | undefined, { span }: SetKey): MapNode {
    const isTerm =
      node?.kind === "scalar" && typeof node.value === "number" && childOf(complete, "weight") !== undefined;
    if (isTerm) return mapNode(node.span, [["weight", { key: node.span, value: node }]]);
    const written = node === undefined ? fromPlain(complete ?? null, span) : expandShortForm(node);
    return written.kind === "map" ? written : mapNode(span, []);
  }

  #checkPort([holder, port]: readonly SetKey[], { stages: [stage] }: Completed): boolean {
    if (holder?.name !== "inputs" || port === undefined || stage === undefined) return false;
    const own = "ports" in stage.registered.provider ? stage.registered.provider.ports : {};
    const names = [...Object.keys(stage.inputs), ...Object.keys({ ...kinds[stage.kind].ports, ...own })];
    if (names.includes(port.name)) return false;
    this.#refuse(`"${port.name}" is not a key of "inputs"`, port, names);
    return true;
  }

  /** Tells the first thing that validation has against the path itself; what it has against the value comes later. */
  #checkPath({ path }: SetArgument, problems: readonly KdflowError[]): boolean {
    for (const problem of problems) {
      const index = pathKeyAt(path, problem.where);
      const [holder, key, next] = [path[index - 1], path[index], path[index + 1]];
      if (holder === undefined || key === undefined) continue;
      if (problem.code === "KDF_CONFIG_SET") this.#problems.addError(problem);
      else if (problem.code === "KDF_CONFIG_UNKNOWN_PROVIDER") {
        const message = `"${key.name}" is not a key of "${holder.name}"`;
        const { hint, where } = problem;
        this.#problems.addError(new KdflowError("KDF_CONFIG_SET", message, { hint: hint.slice(0, 1), where }));
      } else if (problem.code === "KDF_CONFIG_TYPE" && next !== undefined) {
        this.#refuse(`"${next.name}" is not a key of "${key.name}"`, next, []);
      } else continue;
      return true;
    }
    return false;
  }
}
