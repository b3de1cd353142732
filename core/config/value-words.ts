import { displayPlace } from "../errors/source-frame.ts";
import type { ConfigNode, Plain, ScalarNode } from "./config-node.ts";
import { placeOf } from "./source-text.ts";

/** Texts longer than this are cut in messages. */
const longestText = 40;

/** A value in a message: text in double quotes, numbers bare, maps and lists by name. */
export function describeValue(value: Plain | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value !== "string") return String(value);
  return `"${value.length > longestText ? `${value.slice(0, longestText)}…` : value}"`;
}

/** As {@link describeValue}, for a value that stands in a file. */
export function describeNode(node: ConfigNode): string {
  if (node.kind !== "scalar") return node.kind === "list" ? "a list" : "a map";
  return describeValue(node.recorded ?? node.value);
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  null: "empty",
};

/** A JSON Schema type in plain words. */
export function typeInWords(type: string): string {
  return typeWords[type] ?? type;
}

/** `a, b or c`. */
export function oneOfWords(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** What YAML made of a spelling that people read otherwise. */
function spellingTrap(node: ScalarNode, wanted: readonly string[]): string | undefined {
  const { value, spelling } = node;
  const wantsNumber = wanted.includes("number") || wanted.includes("integer");
  if (value === null) return "the value is empty: write one, or remove the line";
  if (typeof value === "string" && wantsNumber) {
    if (spelling !== undefined && /^[-+]?\d[\d_,']*(\.\d+)?$/.test(spelling)) {
      return `YAML reads ${spelling} as text: write ${spelling.replaceAll(/[_,']/g, "")}`;
    }
    if (spelling === undefined && value !== "" && Number.isFinite(Number(value))) return "remove the quotes";
  }
  if (typeof value === "string" && wanted.includes("boolean")) {
    if (/^(yes|on|y|True|TRUE)$/i.test(value)) return `YAML reads ${value} as text: write true`;
    if (/^(no|off|n|False|FALSE)$/i.test(value)) return `YAML reads ${value} as text: write false`;
  }
  if (typeof value === "number" && spelling !== undefined && /^[-+]?0\d/.test(spelling)) {
    return `YAML reads ${spelling} as the number ${value}`;
  }
  if (typeof value !== "string" && wanted.includes("string"))
    return `put quotes around it: "${spelling ?? String(value)}"`;
  return undefined;
}

/** Why a value may be what its author did not mean: YAML's reading of it, and the variable it comes from. */
export function valueHints(node: ConfigNode | undefined, wanted: readonly string[]): string[] {
  if (node?.kind !== "scalar") return [];
  const trap = spellingTrap(node, wanted);
  const definedAt = node.origin?.definedAt;
  return [
    ...(trap === undefined ? [] : [trap]),
    ...(node.origin === undefined || definedAt === undefined
      ? []
      : [`${node.origin.variable} is given at ${displayPlace(placeOf(definedAt))}`]),
  ];
}
