import type { ErrorObject } from "ajv";
import type { ErrorCode } from "../errors/catalogue.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { Plain } from "./config-node.ts";
import { describeValue, oneOfWords, typeInWords } from "./value-words.ts";

/** The words for one failed keyword: `"epochs" <must>, not <value>`. */
export interface Words {
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

function enumWords(error: ErrorObject): Words {
  const values = (error.params["allowedValues"] ?? [error.params["allowedValue"]]) as readonly Plain[];
  const wanted = typesOfValues(values);
  const value: unknown = error.data;
  const code = typeof value === "string" || wanted.includes(typeof value) ? "KDF_CONFIG_VALUE" : "KDF_CONFIG_TYPE";
  const hint = allowedHint(typeof value === "string" ? value : "", values.map(String));
  return { code, must: `must be ${oneOfWords(values.map(describeValue))}`, hint, wanted };
}

/** What one alternative of an `anyOf` wants, as the end of "must be". */
function alternativeWords(error: ErrorObject): string {
  if (error.keyword === "provider") return "a provider";
  return wordsOf(error).must.replace(/^must be /, "");
}

function alternativesWords(error: ErrorObject): Words {
  const inner = ((error.params["errors"] ?? []) as readonly ErrorObject[]).filter(
    (one) => one.instancePath === error.instancePath,
  );
  const must = inner.length === 0 ? "has no form that is allowed here" : `must be ${oneOfWords([...new Set(inner.map(alternativeWords))])}`;
  const wanted = inner.flatMap((one) => wordsOf(one).wanted ?? []);
  return { code: "KDF_CONFIG_TYPE", must, wanted };
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
  minLength: value((limit) => (limit === "1" ? "must not be empty text" : `must have at least ${plural(limit, "character")}`)),
  maxLength: value((limit) => `must have at most ${plural(limit, "character")}`),
  minItems: value((limit) => `must have at least ${plural(limit, "item")}`),
  maxItems: value((limit) => `must have at most ${plural(limit, "item")}`),
  minProperties: value((limit) => `must have at least ${plural(limit, "key")}`),
  maxProperties: value((limit) => `must have at most ${plural(limit, "key")}`),
  multipleOf: (error) => ({ code: "KDF_CONFIG_VALUE", must: `must be a multiple of ${String(error.params["multipleOf"])}` }),
  pattern: (error) => ({ code: "KDF_CONFIG_VALUE", must: `must match the pattern ${String(error.params["pattern"])}` }),
  uniqueItems: () => ({ code: "KDF_CONFIG_VALUE", must: "must not hold the same item twice" }),
};

/** The words for a keyword; Ajv's own where there are none. */
export function wordsOf(error: ErrorObject): Words {
  return table[error.keyword]?.(error) ?? { code: "KDF_CONFIG_VALUE", must: error.message ?? "is not allowed here" };
}
