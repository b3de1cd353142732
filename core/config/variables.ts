import { allowedHint, nearestName } from "../errors/nearest.ts";
import { type ConfigNode, type MapNode, type Scalar, type ScalarNode, withEntry } from "./config-node.ts";
import type { HiddenValues } from "./hidden-values.ts";
import type { Problems } from "./problems.ts";
import { readScalar } from "./read-yaml.ts";
import type { Span } from "./source-text.ts";

/** A whole value: `$vars.epochs`. */
const whole = /^\$([A-Za-z]+)\.([A-Za-z_][\w-]*)$/;
/** A whole value in the form for longer text, which keeps its type too: `"${vars.epochs}"`. */
const wholeInBraces = /^\$\{([^{}]*)\}$/;
/** Inside longer text; `$${` stands for a plain `${`. */
const inside = /(\$?)\$\{([^{}]*)\}/g;
const reference = /^([A-Za-z]+)\.([A-Za-z_][\w-]*)$/;

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is the pipeline's own syntax.
const bracesHint = "write `${vars.name}` or `${env.NAME}`";

const scopes = ["vars", "env", "matrix"];

export type Environment = Readonly<Record<string, string | undefined>>;

interface Value {
  readonly value: Scalar;
  /** As {@link value}, with environment variables by name; equal to it where there are none. */
  readonly recorded: Scalar;
  /** The text to put inside longer text. */
  readonly spelling: string;
  readonly definedAt?: Span;
}

/** Puts values in for `$vars.x`, `$env.NAME` and `${…}`. */
export class Variables {
  readonly #vars: MapNode | undefined;
  readonly #env: Environment;
  readonly #hidden: HiddenValues;
  readonly #problems: Problems;
  /** Variables looked up before, so that a mistake in one is told once. */
  readonly #known = new Map<string, Value | undefined>();
  /** Variables that are being looked up, to notice one that is made from itself. */
  readonly #open: string[] = [];

  constructor(vars: MapNode | undefined, env: Environment, hidden: HiddenValues, problems: Problems) {
    this.#hidden = hidden;
    this.#vars = vars;
    this.#env = env;
    this.#problems = problems;
  }

  /** The node with all variables in it replaced; what cannot be replaced is reported and marked broken. */
  substitute(node: ConfigNode): ConfigNode {
    if (node.kind === "list") return { ...node, items: node.items.map((item) => this.substitute(item)) };
    if (node.kind === "scalar") return this.#substituteScalar(node);
    let result = node;
    for (const [key, entry] of node.entries) {
      const value = this.substitute(entry.value);
      if (value !== entry.value) result = withEntry(result, key, { key: entry.key, value });
    }
    return result;
  }

  #substituteScalar(node: ScalarNode): ScalarNode {
    const text = node.value;
    if (typeof text !== "string" || !text.includes("$")) return node;
    if (text.startsWith("$$") && whole.test(text.slice(1))) return { ...node, value: text.slice(1) };
    const braces = wholeInBraces.exec(text)?.[1];
    const [, scope, name] = (braces === undefined ? whole.exec(text) : reference.exec(braces)) ?? [];
    if (scope === undefined || name === undefined) return this.#substituteInside(node, text);
    const found = this.#lookUp(scope, name, node.span);
    if (found === undefined) return { ...node, broken: true };
    return {
      kind: "scalar",
      value: found.value,
      span: node.span,
      origin: { variable: text, ...(found.definedAt === undefined ? {} : { definedAt: found.definedAt }) },
      ...(found.recorded === found.value ? {} : { recorded: String(found.recorded) }),
    };
  }

  #substituteInside(node: ScalarNode, text: string): ScalarNode {
    let broken = false;
    const put = (recording: boolean) => (all: string, dollar: string, content: string) => {
      if (dollar !== "") return all.slice(1);
      const [, scope, name] = reference.exec(content.trim()) ?? [];
      const found =
        scope === undefined || name === undefined
          ? this.#unknown(`"\${${content}}" names no variable`, node.span, [bracesHint])
          : this.#lookUp(scope, name, node.span);
      if (found === undefined) broken = true;
      if (found === undefined) return all;
      return recording ? String(found.recorded).replace(whole, "$${$1.$2}") : found.spelling;
    };
    const value = text.replace(inside, put(false));
    if (broken) return { ...node, broken };
    const recorded = text.replace(inside, put(true));
    return value === text ? node : { ...node, value, ...(recorded === value ? {} : { recorded }) };
  }

  #unknown(message: string, at: Span, hint: readonly string[]): undefined {
    this.#problems.add("KDF_CONFIG_UNKNOWN_VARIABLE", message, at, hint);
    return undefined;
  }

  #lookUp(scope: string, name: string, at: Span): Value | undefined {
    if (scope === "vars") return this.#lookUpVar(name, at);
    if (scope === "env") return this.#lookUpEnv(name, at);
    if (scope === "matrix") {
      this.#problems.add("KDF_CONFIG_RESERVED", "`$matrix` is reserved for sweeps, which are not there yet", at, [
        "use `$vars` and `--set` meanwhile",
      ]);
      return undefined;
    }
    const hint = allowedHint(scope, scopes.slice(0, 2));
    return this.#unknown(`"$${scope}.${name}" names no variable`, at, [
      hint,
      `for the text itself write "$$${scope}.${name}"`,
    ]);
  }

  #lookUpVar(name: string, at: Span): Value | undefined {
    const entry = this.#vars?.entries.get(name);
    if (entry === undefined) {
      const names = [...(this.#vars?.entries.keys() ?? [])];
      const hint = names.length === 0 ? "the file has no `vars:`" : allowedHint(name, names, "defined");
      return this.#unknown(`there is no variable "${name}" in \`vars\``, at, [hint]);
    }
    if (this.#known.has(name)) return this.#known.get(name);
    if (this.#open.includes(name)) {
      return this.#unknown(`the variable "${name}" is made from itself`, at, [[...this.#open, name].join(" → ")]);
    }
    this.#open.push(name);
    const value = this.#evaluate(entry.value);
    this.#open.pop();
    this.#known.set(name, value);
    return value;
  }

  /** The value of a variable; one that is a list or map is reported where the structure of `vars` is checked. */
  #evaluate(definition: ConfigNode): Value | undefined {
    if (definition.kind !== "scalar") return undefined;
    const { value, recorded = value, spelling, broken } = this.#substituteScalar(definition);
    if (broken === true) return undefined;
    return { value, recorded, spelling: spelling ?? String(value), definedAt: definition.span };
  }

  #lookUpEnv(name: string, at: Span): Value | undefined {
    const text = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
    if (text === undefined) {
      const nearest = nearestName(name, Object.keys(this.#env));
      const hint = nearest === undefined ? [] : [`did you mean "${nearest}"?`];
      return this.#unknown(`the environment variable "${name}" is not set`, at, [
        ...hint,
        `set it: ${name}=… kdflow …`,
      ]);
    }
    this.#hidden.add(name, text);
    return { value: readScalar(text), recorded: `$env.${name}`, spelling: text };
  }
}
