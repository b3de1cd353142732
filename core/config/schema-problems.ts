import type { ErrorObject } from "ajv";
import { allowedHint, nearestName } from "../errors/nearest.ts";
import { type ConfigNode, isBroken, textOf } from "./config-node.ts";
import { caretSpan, findNode, pointerSegments } from "./pointer.ts";
import type { Problems } from "./problems.ts";
import { simplifyAlternatives } from "./schema-alternatives.ts";
import type { SlotMistake } from "./schema-checker.ts";
import { wordsOf } from "./schema-words.ts";
import { holderInPath } from "./set-argument.ts";
import type { Span } from "./source-text.ts";
import { describeNode, describeValue, valueHints } from "./value-words.ts";

/** What was checked, and where it stands. */
interface Checked {
  readonly node: ConfigNode;
  /** Where to point for what is missing in it: the key that holds it. */
  readonly key: Span;
  /** Whose options these are: `losses/kd`. */
  readonly owner: string;
  /** Reserved keys of the stage or term: not options, but what a misspelled key may have meant. */
  readonly reserved: readonly string[];
  /** Those of them that are listed with the options: they may stand beside any of them. */
  readonly beside?: readonly string[] | undefined;
  /** Ids of a family, for hints. */
  readonly idsOf: (family: string) => readonly string[];
}

/** `/require/top1` → `require.top1`, `/milestones/0` → `milestones[0]`. */
function optionName(pointer: string): string {
  const segments = pointerSegments(pointer);
  return segments
    .map((segment, i) => (/^\d+$/.test(segment) ? `[${segment}]` : i === 0 ? segment : `.${segment}`))
    .join("");
}

function unknownKeyOf(error: ErrorObject): string | undefined {
  const { keyword, params } = error;
  if (keyword === "additionalProperties") return String(params["additionalProperty"]);
  if (keyword === "unevaluatedProperties") return String(params["unevaluatedProperty"]);
  return keyword === "propertyNames" ? String(params["propertyName"]) : undefined;
}

function propertiesOf(error: ErrorObject): string[] {
  const schema = error.parentSchema ?? {};
  const properties: unknown = schema["properties"];
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}

/** Turns Ajv's errors about one provider's options into problems with places. */
class Report {
  readonly #checked: Checked;
  readonly #problems: Problems;

  constructor(checked: Checked, problems: Problems) {
    this.#checked = checked;
    this.#problems = problems;
  }

  add(errors: readonly ErrorObject[]): void {
    const told = simplifyAlternatives(errors).filter((error) => !this.#follows(error, errors));
    for (const error of told) this.#addOne(error);
  }

  /** True for errors that only repeat or follow from another one. */
  #follows(error: ErrorObject, all: readonly ErrorObject[]): boolean {
    if (error.keyword === "if" || error.propertyName !== undefined) return true;
    if (isBroken(findNode(this.#checked.node, error.instancePath).node)) return true;
    if (error.keyword !== "required") return false;
    const missing = String(error.params["missingProperty"]);
    const misspelled = all
      .filter((other) => other.instancePath === error.instancePath)
      .map(unknownKeyOf)
      .filter((key) => key !== undefined);
    return misspelled.some((key) => nearestName(key, [missing]) !== undefined);
  }

  #addOne(error: ErrorObject): void {
    const unknown = unknownKeyOf(error);
    if (unknown !== undefined) this.#addUnknownKey(error, unknown);
    else if (error.keyword === "required" || error.keyword === "dependentRequired") this.#addMissing(error);
    else if (error.keyword === "provider") this.#addSlot(error);
    else this.#addValue(error);
  }

  /** `losses/kd`, or `"require" of evaluate/classification`. */
  #holder(pointer: string): string {
    return pointer === "" ? this.#checked.owner : `"${optionName(pointer)}" of ${this.#checked.owner}`;
  }

  #keyOf(pointer: string): Span {
    return pointer === "" ? this.#checked.key : caretSpan(this.#find(pointer));
  }

  #find(pointer: string): ReturnType<typeof findNode> {
    const found = findNode(this.#checked.node, pointer);
    return { ...found, key: found.key ?? (found.node === this.#checked.node ? this.#checked.key : undefined) };
  }

  #addUnknownKey(error: ErrorObject, key: string): void {
    const { node } = findNode(this.#checked.node, error.instancePath);
    const at = node.kind === "map" ? node.entries.get(key)?.key : undefined;
    const options = propertiesOf(error);
    const reserved = error.instancePath === "" ? this.#checked.reserved : [];
    const holder = at === undefined ? undefined : holderInPath(at);
    if (at !== undefined && holder !== undefined) {
      const others = node.kind === "map" ? [...node.entries.keys()].filter((other) => other !== key) : [];
      const names = new Set([...reserved.slice(0, 1), ...others, ...options, ...reserved]);
      this.#problems.add("KDF_CONFIG_SET", `"${key}" is not a key of "${holder}"`, at, allowedHint(key, [...names]));
      return;
    }
    const meant = nearestName(key, [...options, ...reserved]);
    const beside = error.instancePath === "" ? (this.#checked.beside ?? []) : [];
    const names = new Set([...options, ...beside, ...(meant === undefined ? [] : [meant])]);
    const message = `"${key}" is not an option of ${this.#holder(error.instancePath)}`;
    this.#problems.add("KDF_CONFIG_UNKNOWN_KEY", message, at ?? node.span, allowedHint(key, [...names]));
  }

  #addMissing(error: ErrorObject): void {
    const missing = String(error.params["missingProperty"]);
    const properties = (error.parentSchema?.["properties"] ?? {}) as Readonly<
      Record<string, { description?: unknown }>
    >;
    const description = properties[missing]?.description;
    const hint = typeof description === "string" ? [`${missing}: ${description}`] : [`add \`${missing}:\``];
    const message = `${this.#holder(error.instancePath)} needs "${missing}"`;
    this.#problems.add("KDF_CONFIG_MISSING_KEY", message, this.#keyOf(error.instancePath), hint);
  }

  #addSlot(error: ErrorObject): void {
    const mistake = error.params["mistake"] as SlotMistake;
    const family = String(error.params["family"]);
    const found = this.#find(error.instancePath);
    const name = optionName(error.instancePath);
    if (mistake === "no-use") {
      const hint = `add \`use:\` with one of: ${this.#checked.idsOf(family).join(", ")}`;
      this.#problems.add(
        "KDF_CONFIG_MISSING_USE",
        `"${name}" does not say which of the ${family} to use`,
        caretSpan(found),
        hint,
      );
      return;
    }
    const use = mistake === "not-a-name" ? this.#find(`${error.instancePath}/use`) : found;
    const message = `"${name}" must name one of the ${family}, not ${describeNode(use.node)}`;
    this.#problems.add("KDF_CONFIG_TYPE", message, caretSpan(use), [
      ...valueHints(use.node, ["string"]),
      allowedHint(textOf(use.node) ?? "", this.#checked.idsOf(family)),
      "write an id alone, or `{ use: <id>, … }` with options beside it",
    ]);
  }

  #addValue(error: ErrorObject): void {
    const { code, must, hint, wanted } = wordsOf(error);
    const found = this.#find(error.instancePath);
    const shown = found.exact ? describeNode(found.node) : describeValue(error.data as never);
    const says: unknown = error.parentSchema?.["says"];
    const name =
      error.instancePath === "" ? `the value of ${this.#checked.owner}` : `"${optionName(error.instancePath)}"`;
    const got = must.startsWith("must be") ? `, not ${shown}` : "";
    const hints = [...(hint === undefined ? [] : [hint]), ...valueHints(found.node, wanted ?? [])];
    const [key = ""] = pointerSegments(error.instancePath).slice(-1);
    const message =
      typeof says === "string" && code === "KDF_CONFIG_TYPE"
        ? `${says.replace("<key>", () => key)}, not ${shown}`
        : `${name} ${must}${got}`;
    this.#problems.add(code, message, caretSpan(found), hints);
  }
}

export function reportSchemaErrors(errors: readonly ErrorObject[], checked: Checked, problems: Problems): void {
  new Report(checked, problems).add(errors);
}
