import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  parseDocument,
  type YAMLMap,
  type YAMLParseError,
  type Scalar as YamlScalar,
} from "yaml";
import { type ConfigNode, type ListNode, type MapEntry, type MapNode, mapNode, type Scalar } from "./config-node.ts";
import type { Problems } from "./problems.ts";
import type { SourceText, Span } from "./source-text.ts";

/** Values that aliases may multiply a file to; more is a mistake or an attack. */
const largestDocument = 100_000;

/** Maps and lists inside each other; the parser's own end of the stack comes later, but not much. */
const deepestNesting = 100;
const tooDeep = `the value is nested too deep: more than ${deepestNesting} maps and lists in each other`;
const tooDeepHint = "close brackets and check the indentation: each deeper line opens another map";

/** What to do about the parser's complaints, by its code. */
const syntaxHints: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'put quotes around text that contains ": ", and indent keys of one map equally',
  TAB_AS_INDENT: "indent with spaces",
  MISSING_CHAR: "close every bracket, brace and quote",
  DUPLICATE_KEY: "keep one of the two",
  MULTIPLE_DOCS: "keep one pipeline in a file: remove the line `---`",
  BAD_SCALAR_START: "put quotes around text that begins with a special character",
  BAD_ALIAS: "put quotes around text that begins with * or &; `*name` stands for the value that `&name` marks",
  BAD_INDENT: "indent keys of one map equally, and close every bracket and brace",
};

/** The parser's complaint in our words. */
function syntaxMessage(error: YAMLParseError, marked: string): string {
  if (error.code === "MULTIPLE_DOCS") return "the file holds more than one YAML document";
  if (error.code === "DUPLICATE_KEY") return `the key "${marked}" is given twice`;
  if (error.code === "BAD_ALIAS") return "a value that begins with * or & is the name of another, and here is none";
  const message = error.message.replace(/\.$/, "");
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** Turns one parsed YAML document into nodes: aliases followed, merge keys merged, tags refused. */
class Reader {
  readonly #document: Document;
  readonly #source: SourceText;
  readonly #offset: number;
  readonly #problems: Problems;
  /** Maps and lists around the value that is read. */
  readonly #open = new Set<Node>();
  readonly #targets = new Map<Alias, Node | undefined>();
  #count = 0;

  constructor(document: Document, source: SourceText, offset: number, problems: Problems) {
    this.#document = document;
    this.#source = source;
    this.#offset = offset;
    this.#problems = problems;
  }

  span(range: readonly number[] | null | undefined, fallback = 0): Span {
    const [start = fallback, end = start] = range ?? [];
    return { source: this.#source, start: start + this.#offset, end: end + this.#offset };
  }

  #refuse(message: string, span: Span, hint: string): ConfigNode {
    this.#problems.add("KDF_CONFIG_SYNTAX", message, span, hint);
    return { kind: "scalar", value: null, span, broken: true };
  }

  /** @param at where an absent value (`key:` alone in braces) is thought to be */
  read(node: Node | null, at: Span): ConfigNode {
    if (node === null) return { kind: "scalar", value: null, span: at };
    const span = this.span(node.range);
    if (++this.#count > largestDocument) {
      return this.#count > largestDocument + 1
        ? { kind: "scalar", value: null, span, broken: true }
        : this.#refuse(`the file holds more than ${largestDocument} values`, span, "use fewer aliases");
    }
    if (isAlias(node)) return this.#readAlias(node, span);
    if (node.tag !== undefined) {
      return this.#refuse(
        `the tag "${node.tag.replace("tag:yaml.org,2002:", "!!")}" is not allowed`,
        span,
        "remove the tag; write the value itself",
      );
    }
    if (isMap(node)) return this.#guarded(node, span, () => this.#readMap(node, span));
    if (isSeq(node)) return this.#guarded(node, span, () => this.#readList(node.items as Node[], span));
    return isScalar(node) ? this.#readScalar(node, span) : this.#refuse("this is no YAML value", span, "");
  }

  #readAlias(alias: Alias, span: Span): ConfigNode {
    if (!this.#targets.has(alias)) this.#targets.set(alias, alias.resolve(this.#document));
    const target = this.#targets.get(alias);
    if (target === undefined) {
      return this.#refuse(
        `the alias "*${alias.source}" has no anchor`,
        span,
        `mark the value with &${alias.source} before`,
      );
    }
    return this.read(target, span);
  }

  /** An alias inside its own anchor would be read for ever. */
  #guarded(node: Node, span: Span, read: () => ConfigNode): ConfigNode {
    if (this.#open.has(node)) return this.#refuse("the anchor contains itself", span, "take the alias out");
    if (this.#open.size === deepestNesting) return this.#refuse(tooDeep, span, tooDeepHint);
    this.#open.add(node);
    const result = read();
    this.#open.delete(node);
    return result;
  }

  #readScalar(node: YamlScalar, span: Span): ConfigNode {
    const value = typeof node.value === "bigint" ? Number(node.value) : (node.value as Scalar);
    const plain = node.type === "PLAIN" && node.source !== undefined;
    return { kind: "scalar", value, span, ...(plain ? { spelling: node.source } : {}) };
  }

  #readList(items: readonly (Node | null)[], span: Span): ListNode {
    return { kind: "list", items: items.map((item) => this.read(item, span)), span };
  }

  #readMap(map: YAMLMap, span: Span): MapNode {
    const own = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const pair of map.items as Pair<YamlScalar, Node | null>[]) {
      const key = this.span(pair.key.range, map.range?.[0]);
      const value = this.read(pair.value, key);
      const isMerge = pair.key.type === "PLAIN" && pair.key.source === "<<";
      if (!isMerge) own.set(String(pair.key.value), { key, value });
      else this.#merge(merged, value);
    }
    const order = new Map([...merged, ...own]);
    return mapNode(span, order);
  }

  /** Earlier maps of a `<<` list win over later ones, and the map's own keys over all. */
  #merge(into: Map<string, MapEntry>, value: ConfigNode): void {
    const sources = value.kind === "list" ? value.items : [value];
    for (const source of sources) {
      if (source.kind !== "map") {
        this.#refuse(
          "`<<` takes a map or a list of maps",
          source.span,
          "give it an alias of a map, such as `<<: *base`",
        );
        continue;
      }
      for (const [key, entry] of source.entries) if (!into.has(key)) into.set(key, entry);
    }
  }
}

/**
 * Reads YAML 1.2 (core schema, merge keys). Every mistake of syntax becomes a problem with its place.
 *
 * @param offset where the YAML begins in the text (a `--set` argument has a path before it)
 * @returns `undefined` when the text is not YAML; a null scalar when it is empty
 */
export function readYaml(source: SourceText, problems: Problems, offset = 0): ConfigNode | undefined {
  const text = source.text.slice(offset);
  const document = parseUnlessTooDeep(text);
  if (document === undefined) {
    const start = offset + startOfTooDeep(text);
    problems.add("KDF_CONFIG_SYNTAX", tooDeep, { source, start, end: start + 1 }, tooDeepHint);
    return undefined;
  }
  const reader = new Reader(document, source, offset, problems);
  for (const error of document.errors) {
    const [start, end] = error.pos;
    // The parser marks the key's first character only.
    const word = error.code === "DUPLICATE_KEY" ? (/^[\w.-]*/.exec(text.slice(start))?.[0] ?? "") : "";
    const span = reader.span([start, Math.max(end, start + word.length)]);
    problems.add("KDF_CONFIG_SYNTAX", syntaxMessage(error, word), span, syntaxHints[error.code] ?? []);
  }
  if (document.errors.length > 0) return undefined;
  return reader.read(document.contents, { source, start: offset, end: offset });
}

/** The document, or `undefined` where the parser, which calls itself for each level, came to the end of the stack. */
function parseUnlessTooDeep(text: string): ReturnType<typeof parseDocument> | undefined {
  try {
    const document = parseDocument(text, { stringKeys: true, merge: true, prettyErrors: false, logLevel: "error" });
    return document.errors.some(({ message }) => /call stack/i.test(message)) ? undefined : document;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Where the deepest level that is allowed is left; the parser's first half keeps its own stack of open levels. */
function startOfTooDeep(text: string): number {
  const parser = new Parser();
  let at = 0;
  for (const word of new Lexer().lex(text)) {
    for (const _ of parser.next(word));
    if (parser.stack.length > deepestNesting) return at;
    at = parser.offset;
  }
  return 0;
}

/** The typed value of a text from outside, such as an environment variable: `4` is a number, `a: b` stays text. */
export function readScalar(text: string): Scalar {
  if (text.trim() === "") return text;
  const { contents, errors } = parseUnlessTooDeep(text) ?? { errors: [undefined] };
  if (errors.length > 0 || !isScalar(contents) || contents.tag !== undefined) return text;
  const value = contents.value as Scalar;
  return typeof value === "string" && contents.type === "PLAIN" ? text : value;
}
