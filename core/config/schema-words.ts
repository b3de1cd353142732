import type { ErrorObject } from "ajv";
import type { ErrorCode } from "../errors/catalogue.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { Plain } from "./config-node.ts";
import { describeValue, oneOfWords, typeInWords } from "./value-words.ts";

/** The words for one failed keyword: `"epochs" <must>, not <value>`. */
interface Words {
  readonly code: ErrorCode;
  readonly must: string;
  readonly hint?: string;
  /** Types that would have been right; spelling hints need them. */
  readonly wanted?: readonly string[];
}

function types(error: ErrorObject): readonly string[] {
  const type: unknown = error.params["type"];
  return Array.isArray(type) ? type.map(String) : String(type).split(",");
}

function typeWords(error: ErrorObject): Words {
  const wanted = types(error);
  return { code: "KDF_CONFIG_TYPE", must: `must be ${oneOfWords(wanted.map(typeInWords))}`, wanted };
}

function typesOfValues(values: readonly Plain[]): string[] {
  return [...new Set(values.map((value) => (value === null ? "null" : typeof value)))];
}

function allowedValues(error: ErrorObject): readonly Plain[] {
  return (error.params["allowedValues"] ?? [error.params["allowedValue"]]) as readonly Plain[];
}

function allowedValuesHint(error: ErrorObject): string {
  const data: unknown = error.data;
  return allowedHint(typeof data === "string" ? data : "", allowedValues(error).map(String));
}

function enumWords(error: ErrorObject): Words {
  const values = allowedValues(error);
  const wanted = typesOfValues(values);
  const isOfThatType = wanted.includes(typeof error.data);
  const code = isOfThatType ? "KDF_CONFIG_VALUE" : "KDF_CONFIG_TYPE";
  return { code, must: `must be ${oneOfWords(values.map(describeValue))}`, hint: allowedValuesHint(error), wanted };
}

/** What one alternative of an `anyOf` wants, as ends of "must be". */
function alternativeWords(error: ErrorObject): readonly string[] {
  if (error.keyword === "provider") return ["a provider"];
  if (error.keyword === "type") return types(error).map(typeInWords);
  return allowedValues(error).map(describeValue);
}

/** @param error as {@link simplifyAlternatives} makes it, with the errors of all alternatives */
function alternativesWords(error: ErrorObject): Words {
  const all = (error.params["errors"] ?? []) as readonly ErrorObject[];
  const inner = all.filter((one) => one.instancePath === error.instancePath);
  const words = [...new Set(inner.flatMap(alternativeWords))];
  const must = words.length === 0 ? "has no form that is allowed here" : `must be ${oneOfWords(words)}`;
  const values = inner.find(
    (one) => (one.keyword === "enum" || one.keyword === "const") && typeof one.data === "string",
  );
  const wanted = inner.flatMap((one) => (one.keyword === "type" ? types(one) : []));
  return {
    code: "KDF_CONFIG_TYPE",
    must,
    wanted,
    ...(values === undefined ? {} : { hint: allowedValuesHint(values) }),
  };
}

function value(must: (limit: string) => string): (error: ErrorObject) => Words {
  return (error) => ({ code: "KDF_CONFIG_VALUE", must: must(String(error.params["limit"])) });
}

function plural(limit: string, noun: string): string {
  return `${limit} ${noun}${limit === "1" ? "" : "s"}`;
}

const table: Readonly<Record<string, (error: ErrorObject) => Words>> = {
  type: typeWords,
  enum: enumWords,
  const: enumWords,
  alternatives: alternativesWords,
  minimum: value((limit) => `must be at least ${limit}`),
  maximum: value((limit) => `must be at most ${limit}`),
  exclusiveMinimum: value((limit) => `must be greater than ${limit}`),
  exclusiveMaximum: value((limit) => `must be less than ${limit}`),
  minLength: value((limit) =>
    limit === "1" ? "must not be empty text" : `must have at least ${plural(limit, "character")}`,
  ),
  maxLength: value((limit) => `must have at most ${plural(limit, "character")}`),
  minItems: value((limit) => `must have at least ${plural(limit, "item")}`),
  maxItems: value((limit) => `must have at most ${plural(limit, "item")}`),
  minProperties: value((limit) => `must have at least ${plural(limit, "key")}`),
  maxProperties: value((limit) => `must have at most ${plural(limit, "key")}`),
  multipleOf: (error) => ({
    code: "KDF_CONFIG_VALUE",
    must: `must be a multiple of ${String(error.params["multipleOf"])}`,
  }),
  pattern: (error) => ({ code: "KDF_CONFIG_VALUE", must: `must match the pattern ${String(error.params["pattern"])}` }),
  uniqueItems: () => ({ code: "KDF_CONFIG_VALUE", must: "must not hold the same item twice" }),
};

/** The words for a keyword; Ajv's own where there are none. */
export function wordsOf(error: ErrorObject): Words {
  return table[error.keyword]?.(error) ?? { code: "KDF_CONFIG_VALUE", must: error.message ?? "is not allowed here" };
}
