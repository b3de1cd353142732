import type { Span } from "./source-text.ts";

export type Scalar = string | number | boolean | null;

/** Plain data as YAML and JSON know it. */
export type Plain = Scalar | readonly Plain[] | { readonly [key: string]: Plain };

/** A scalar that a variable was put in for. */
interface ScalarOrigin {
  /** As written: `$vars.epochs`. */
  readonly variable: string;
  /** Where the variable's value stands; absent for environment variables. */
  readonly definedAt?: Span;
}

export interface ScalarNode {
  readonly kind: "scalar";
  readonly value: Scalar;
  readonly span: Span;
  /** As spelled in the file, for plain (unquoted) scalars. */
  readonly spelling?: string;
  readonly origin?: ScalarOrigin;
  /** What the run record shows instead of the value: the name of an environment variable. */
  readonly recorded?: string;
  /** True when a problem with this value is already reported; nothing more is said about it. */
  readonly broken?: boolean;
}

export interface MapEntry {
  readonly key: Span;
  readonly value: ConfigNode;
}

export interface MapNode {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly span: Span;
}

export interface ListNode {
  readonly kind: "list";
  readonly items: readonly ConfigNode[];
  readonly span: Span;
}

/** A value of the pipeline with the place it stands at. Immutable: composing makes new nodes out of old ones. */
export type ConfigNode = ScalarNode | MapNode | ListNode;

export function isBroken(node: ConfigNode | undefined): boolean {
  return node?.kind === "scalar" && node.broken === true;
}

/** The value of a string scalar; `undefined` for everything else. */
export function textOf(node: ConfigNode | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

/** The text of a scalar as records show it. */
export function recordedText(node: ConfigNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.recorded !== undefined ? node.recorded : textOf(node);
}

export function mapNode(span: Span, entries: Iterable<readonly [string, MapEntry]>): MapNode {
  return { kind: "map", entries: new Map(entries), span };
}

/** The map without some of its keys. */
export function withoutKeys(map: MapNode, keys: ReadonlySet<string>): MapNode {
  return mapNode(
    map.span,
    [...map.entries].filter(([key]) => !keys.has(key)),
  );
}

/** The map with one entry replaced in place, or added at the end. */
export function withEntry(map: MapNode, key: string, entry: MapEntry): MapNode {
  return { ...map, entries: new Map(map.entries).set(key, entry) };
}

/** `{ use: <text> }` for the short form, a bare string; anything else as it is. */
export function expandShortForm(node: ConfigNode): ConfigNode {
  if (textOf(node) === undefined) return node;
  return mapNode(node.span, [["use", { key: node.span, value: node }]]);
}

/** Sets a property even where its name is `__proto__`. */
function define(target: Record<string, Plain>, key: string, value: Plain): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function convert(node: ConfigNode, scalar: (node: ScalarNode) => Scalar): Plain {
  if (node.kind === "scalar") return scalar(node);
  if (node.kind === "list") return node.items.map((item) => convert(item, scalar));
  const plain: Record<string, Plain> = {};
  for (const [key, entry] of node.entries) define(plain, key, convert(entry.value, scalar));
  return plain;
}

/** The values without their places; new objects throughout. */
export function toPlain(node: ConfigNode): Plain {
  return convert(node, ({ value }) => value);
}

/** As {@link toPlain}, with environment variables by name. */
export function toRecord(node: ConfigNode): Plain {
  return convert(node, ({ value, recorded }) => recorded ?? value);
}

/** Plain data as nodes that all stand at one place: schema defaults, and what a plugin put in. */
export function fromPlain(value: Plain, span: Span): ConfigNode {
  if (typeof value !== "object" || value === null) return { kind: "scalar", value, span };
  if (isPlainList(value)) return { kind: "list", items: value.map((item) => fromPlain(item, span)), span };
  return mapNode(
    span,
    Object.entries(value).map(([key, item]) => [key, { key: span, value: fromPlain(item, span) }] as const),
  );
}

/** `Array.isArray` that keeps the element type of readonly lists. */
export function isPlainList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
