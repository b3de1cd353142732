import type { FamilyName } from "../contracts/kinds.ts";
import { readTermKeys, termKeys, termSchema } from "../contracts/term-keys.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { RegisteredProvider, Registry } from "../plugins/registry.ts";
import {
  type ConfigNode,
  expandShortForm,
  fromPlain,
  isBroken,
  type MapNode,
  mapNode,
  type Plain,
  textOf,
  toPlain,
  withoutKeys,
} from "./config-node.ts";
import type { ResolvedComponent } from "./pipeline.ts";
import { caretSpan, childPointer, findNode, pointerSegments } from "./pointer.ts";
import type { Problems } from "./problems.ts";
import type { SchemaChecker, Slot } from "./schema-checker.ts";
import { reportSchemaErrors } from "./schema-problems.ts";
import { placeOf, type Span } from "./source-text.ts";
import { describeNode, valueHints } from "./value-words.ts";

type MutablePlain = Record<string, Plain>;

/** A provider that is named somewhere, with its options as written. */
interface ProviderRequest {
  readonly family: FamilyName;
  readonly use: string;
  /** Where the provider is named. */
  readonly useAt: Span;
  readonly options: MapNode;
  /** The key that holds the options. */
  readonly key: Span;
  /** Keys beside the options that are not the provider's. */
  readonly reserved: readonly string[];
  /** Those of them that errors list with the options. */
  readonly beside?: readonly string[];
  /** Where the options stand inside those of the stage. */
  readonly pointer: string;
}

interface ResolvedProvider {
  readonly registered: RegisteredProvider;
  readonly options: Plain;
}

function setAt(root: Plain, pointer: string, value: Plain): void {
  const segments = pointerSegments(pointer);
  const last = segments.pop();
  let target = root as MutablePlain;
  for (const segment of segments) target = target[segment] as MutablePlain;
  if (last !== undefined) target[last] = value;
}

function plainAt(root: Plain, pointer: string): Plain {
  let value: Plain = root;
  for (const segment of pointerSegments(pointer)) value = (value as MutablePlain)[segment] ?? null;
  return value;
}

/**
 * Checks a stage's options: each provider's against its own schema alone, then those of the components that it names,
 * at any depth. Every mistake becomes a problem; a provider that is not known hides nothing but its own options.
 */
export class OptionResolver {
  readonly #registry: Registry;
  readonly #checker: SchemaChecker;
  readonly #problems: Problems;
  readonly #idsOf = (family: string): readonly string[] => this.#registry.ids(family as FamilyName);
  /** Components found so far, outer ones first. */
  readonly components: ResolvedComponent[] = [];

  constructor(registry: Registry, checker: SchemaChecker, problems: Problems) {
    this.#registry = registry;
    this.#checker = checker;
    this.#problems = problems;
  }

  /** @returns the provider and its complete options, or `undefined` when it cannot be found */
  async resolve(request: ProviderRequest): Promise<ResolvedProvider | undefined> {
    const registered = await this.#find(request);
    if (registered === undefined) return undefined;
    const { options: node, key, reserved, beside } = request;
    const owner = `${request.family}/${request.use}`;
    const { options, errors, slots } = this.#checker.check(registered.schema, toPlain(node), owner);
    reportSchemaErrors(errors, { node, key, owner, reserved, beside, idsOf: this.#idsOf }, this.#problems);
    for (const slot of new Map(slots.map((slot) => [slot.pointer, slot])).values()) {
      const value =
        slot.form === "terms" ? await this.#terms(slot, request, options) : await this.#slot(slot, request, options);
      if (slot.pointer === "" && value !== undefined) return { registered, options: value };
      if (value !== undefined) setAt(options, slot.pointer, value);
    }
    return { registered, options };
  }

  async #find({ family, use, useAt }: ProviderRequest): Promise<RegisteredProvider | undefined> {
    try {
      return await this.#registry.find(family, use);
    } catch (error) {
      if (!(error instanceof KdflowError)) throw error;
      const { code, message, cause } = error;
      const hint = error.hint.length > 0 ? error.hint : [allowedHint(use, this.#registry.ids(family))];
      this.#problems.addError(new KdflowError(code, message, { hint, cause, where: error.where ?? placeOf(useAt) }));
      return undefined;
    }
  }

  /** A component in a slot: as written, or the slot's default. */
  async #slot(
    slot: Slot,
    request: Pick<ProviderRequest, "options" | "key" | "pointer">,
    options: Plain,
  ): Promise<Plain | undefined> {
    const found = findNode(request.options, slot.pointer);
    const at = found.node === request.options ? request.key : caretSpan(found);
    const node = expandShortForm(found.exact ? found.node : fromPlain(plainAt(options, slot.pointer), at));
    const useNode = node.kind === "map" ? node.entries.get("use")?.value : undefined;
    const use = textOf(useNode);
    if (node.kind !== "map" || use === undefined || isBroken(useNode)) return undefined;
    const pointer = request.pointer + slot.pointer;
    const resolved = await this.#component({
      family: slot.family as FamilyName,
      use,
      useAt: useNode?.span ?? at,
      options: withoutKeys(node, new Set(["use"])),
      key: at,
      reserved: ["use"],
      pointer,
    });
    return resolved === undefined ? undefined : { use, ...(resolved.options as MutablePlain) };
  }

  async #component(request: ProviderRequest): Promise<ResolvedProvider | undefined> {
    const index = this.components.length;
    const resolved = await this.resolve(request);
    if (resolved === undefined) return undefined;
    this.components.splice(index, 0, { pointer: request.pointer, registered: resolved.registered });
    return resolved;
  }

  /** A map of loss terms: each becomes `{ use, weight, …reserved keys, options }`. */
  async #terms(slot: Slot, request: ProviderRequest, options: Plain): Promise<Plain | undefined> {
    const { node } = findNode(request.options, slot.pointer);
    if (node.kind !== "map") return undefined;
    const own = Object.entries(plainAt(options, slot.pointer) as MutablePlain);
    const terms: MutablePlain = Object.fromEntries(own.filter(([name]) => slot.properties.includes(name)));
    for (const [name, { key, value }] of node.entries) {
      if (slot.properties.includes(name) || isBroken(value)) continue;
      const pointer = childPointer(request.pointer + slot.pointer, name);
      const term = await this.#term(name, key, value, { family: slot.family as FamilyName, pointer });
      if (term !== undefined) terms[name] = term;
    }
    return terms;
  }

  async #term(
    name: string,
    key: Span,
    value: ConfigNode,
    at: { readonly family: FamilyName; readonly pointer: string },
  ): Promise<Plain | undefined> {
    const isWeight = value.kind === "scalar" && typeof value.value === "number";
    const written = isWeight ? mapNode(value.span, [["weight", { key: value.span, value }]]) : value;
    if (written.kind !== "map") {
      const span = caretSpan({ node: value, key });
      this.#problems.add(
        "KDF_CONFIG_TYPE",
        `the loss term "${name}" must be a weight or a map, not ${describeNode(value)}`,
        span,
        [...valueHints(value, ["number"]), `such as \`${name}: 0.5\` or \`${name}: { weight: 0.5, … }\``],
      );
      return undefined;
    }
    const reserved = await this.#reservedOf(name, key, written, at.pointer);
    const useEntry = written.entries.get("use");
    const use = useEntry === undefined ? name : textOf(useEntry.value);
    if (use === undefined || isBroken(useEntry?.value)) {
      if (useEntry !== undefined && !isBroken(useEntry.value)) this.#notAName(useEntry.value, useEntry.key, at.family);
      return undefined;
    }
    const resolved = await this.#component({
      ...at,
      use,
      useAt: useEntry?.value.span ?? key,
      options: withoutKeys(written, new Set(termKeys)),
      key,
      reserved: termKeys,
      beside: readTermKeys.filter((own) => own !== "use"),
      pointer: `${at.pointer}/options`,
    });
    return resolved === undefined ? undefined : { use, ...reserved, options: resolved.options };
  }

  #notAName(node: ConfigNode, key: Span, family: string): void {
    const at = caretSpan({ node, key });
    const message = `"use" must name one of the ${family}, not ${describeNode(node)}`;
    this.#problems.add("KDF_CONFIG_TYPE", message, at, valueHints(node, ["string"]));
  }

  /** The engine's keys of a term, checked and filled in. */
  async #reservedOf(name: string, key: Span, written: MapNode, pointer: string): Promise<MutablePlain> {
    const given = [...written.entries].filter(([entry]) => termKeys.includes(entry) && entry !== "use");
    for (const [entry, { key: at }] of given) {
      if (readTermKeys.includes(entry)) continue;
      const message = `\`${entry}\` at a loss term is reserved and not there yet`;
      this.#problems.add(
        "KDF_CONFIG_RESERVED",
        message,
        at,
        "allowed here: use, weight, at, adapter and the loss's own options",
      );
    }
    const node = mapNode(written.span, given);
    const owner = `the loss term "${name}"`;
    const schema = termSchema(written.entries.get("weight")?.value.kind === "map");
    const { options, errors, slots } = this.#checker.check(schema, toPlain(node), owner);
    reportSchemaErrors(errors, { node, key, owner, reserved: [], idsOf: this.#idsOf }, this.#problems);
    for (const slot of slots) {
      const component = await this.#slot(slot, { options: node, key, pointer }, options);
      if (component !== undefined) setAt(options, slot.pointer, component);
    }
    return options as MutablePlain;
  }
}
