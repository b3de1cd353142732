import { kindNames } from "../contracts/kinds.ts";
import type { SourcePlace } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import { type ConfigNode, type MapNode, withEntry } from "./config-node.ts";
import { fileKeys } from "./file-structure.ts";
import type { Problems } from "./problems.ts";
import { readYaml } from "./read-yaml.ts";
import { placeOf, type SourceText, type Span } from "./source-text.ts";

/** One key of a path. */
export interface SetKey {
  readonly name: string;
  readonly span: Span;
}

/** One `--set path=value`, read. */
export interface SetArgument {
  readonly path: readonly SetKey[];
  readonly value: ConfigNode;
}

/** What stands for a file in places of arguments. */
const setSource = "--set";

/** What `--set` may change at the top of the file. */
const settableKeys: readonly string[] = ["name", "vars", "plugins", "stages"];

/**
 * Reads `stages.train.epochs=3`: a path of keys with dots between, and a value that is YAML.
 *
 * @returns `undefined` for an argument that is reported as a problem
 */
export function readSetArgument(argument: string, problems: Problems): SetArgument | undefined {
  const source: SourceText = { file: setSource, text: argument };
  problems.addSource(source);
  const equals = argument.indexOf("=");
  if (equals < 0) {
    const span = { source, start: 0, end: argument.length };
    const hint = `write \`--set ${argument}=<value>\``;
    problems.add("KDF_CONFIG_SET", `the argument "${argument}" of \`--set\` has no "="`, span, hint);
    return undefined;
  }
  let start = 0;
  const path = argument
    .slice(0, equals)
    .split(".")
    .map((name) => {
      const span = { source, start, end: start + name.length };
      start = span.end + 1;
      return { name: name.trim(), span };
    });
  const empty = path.find(({ name }) => name === "");
  if (empty !== undefined) {
    const hint = "such as `stages.train.epochs=3`";
    problems.add("KDF_CONFIG_SET", "a key between the dots of the path is empty", empty.span, hint);
    return undefined;
  }
  const value = readYaml(source, problems, equals + 1);
  return value === undefined ? undefined : { path, value };
}

/** The index of the key that a place is at; -1 for any other place. */
export function pathKeyAt(path: readonly SetKey[], where: SourcePlace | undefined): number {
  return path.findIndex(({ span }) => {
    const { file, text, column } = placeOf(span);
    return file === where?.file && text === where.text && column === where.column;
  });
}

/** The key before one of a path, as written; `undefined` where a span is no key of a `--set` path. */
export function holderInPath({ source, start, end }: Span): string | undefined {
  if (source.file !== setSource || end > source.text.indexOf("=")) return undefined;
  return source.text.slice(0, start).split(".").at(-2)?.trim();
}

/** True for arguments that need the providers' schemas to be followed. */
export function isStageSet({ path }: SetArgument): boolean {
  return path[0]?.name === "stages" && path.length > 1;
}

function setVariable(root: MapNode, { path, value }: SetArgument, problems: Problems): MapNode {
  const [first, second, third] = path;
  const vars = root.entries.get("vars");
  if (first === undefined || second === undefined || vars?.value.kind !== "map") {
    if (second !== undefined)
      problems.add("KDF_CONFIG_SET", "the file has no `vars:`", second.span, "add the variable there");
    return root;
  }
  const known = vars.value.entries.get(second.name);
  if (known === undefined) {
    const names = [...vars.value.entries.keys()];
    const message = `there is no variable "${second.name}" in \`vars\``;
    problems.add("KDF_CONFIG_SET", message, second.span, allowedHint(second.name, names, "defined"));
    return root;
  }
  if (third !== undefined) {
    problems.add("KDF_CONFIG_SET", `the variable "${second.name}" is a single value and has no keys`, third.span);
    return root;
  }
  return withEntry(root, "vars", {
    key: vars.key,
    value: withEntry(vars.value, second.name, { key: known.key, value }),
  });
}

/** Applies an argument that stays outside of single stages: the name, variables, plugins, or all stages at once. */
export function setOutsideStages(root: MapNode, argument: SetArgument, problems: Problems): MapNode {
  const [first, second] = argument.path;
  if (first === undefined) return root;
  if (!settableKeys.includes(first.name)) {
    const isFixed = fileKeys.includes(first.name);
    const message = isFixed ? `"${first.name}" cannot be set` : `"${first.name}" is not a key of a pipeline file`;
    const inStage = kindNames.some((kind) => kind === first.name) && second !== undefined;
    const meant = `options of a stage are set by \`stages.${argument.path.map(({ name }) => name).join(".")}\``;
    problems.add("KDF_CONFIG_SET", message, first.span, inStage ? meant : allowedHint(first.name, settableKeys));
    return root;
  }
  if (first.name === "vars" && second !== undefined) return setVariable(root, argument, problems);
  if (second !== undefined) {
    problems.add(
      "KDF_CONFIG_SET",
      `"${first.name}" has no keys to set`,
      second.span,
      `set \`${first.name}\` as a whole`,
    );
    return root;
  }
  return withEntry(root, first.name, { key: first.span, value: argument.value });
}
