import { allowedHint, nearestName } from "../errors/nearest.ts";
import { type ConfigNode, isBroken, type MapNode, mapNode, textOf } from "./config-node.ts";
import { caretSpan } from "./pointer.ts";
import type { Problems } from "./problems.ts";
import type { Span } from "./source-text.ts";
import { describeNode, valueHints } from "./value-words.ts";

/** Keys at the top of a pipeline file. */
export const fileKeys: readonly string[] = ["kdflow", "name", "vars", "plugins", "extends", "stages", "matrix"];

function topOf(root: MapNode): Span {
  return { ...root.span, end: root.span.start };
}

/** Whether an unknown key at the top looks like the given one; then that is reported, not what is missing for it. */
export function isMisspelled(key: string, root: MapNode): boolean {
  return [...root.entries.keys()].some((other) => !fileKeys.includes(other) && nearestName(other, fileKeys) === key);
}

/** Reports a value of the wrong type at the value, or at its key where it is a map or list. */
function wrongType(problems: Problems, value: ConfigNode, key: Span, message: string, wanted: readonly string[]): void {
  const at = caretSpan({ node: value, key });
  problems.add("KDF_CONFIG_TYPE", `${message}, not ${describeNode(value)}`, at, valueHints(value, wanted));
}

function checkVars(root: MapNode, problems: Problems): void {
  const entry = root.entries.get("vars");
  if (entry === undefined || isBroken(entry.value)) return;
  if (entry.value.kind !== "map") {
    wrongType(problems, entry.value, entry.key, "`vars` must be a map from name to value", []);
    return;
  }
  for (const [name, { key, value }] of entry.value.entries) {
    if (value.kind === "scalar") continue;
    wrongType(problems, value, key, `the variable "${name}" must be a single value`, []);
  }
}

/** Checks the keys at the top of the composed file; what is inside `stages` is checked elsewhere. */
export function checkFile(root: MapNode, problems: Problems): void {
  for (const [key, entry] of root.entries) {
    if (fileKeys.includes(key)) continue;
    problems.add(
      "KDF_CONFIG_UNKNOWN_KEY",
      `"${key}" is not a key of a pipeline file`,
      entry.key,
      allowedHint(key, fileKeys),
    );
  }
  const matrix = root.entries.get("matrix");
  if (matrix !== undefined) {
    const hint = "use `vars` and one run for each `--set` meanwhile";
    problems.add("KDF_CONFIG_RESERVED", "`matrix` is reserved for sweeps, which are not there yet", matrix.key, hint);
  }
  const name = root.entries.get("name");
  if (name !== undefined && !isBroken(name.value) && textOf(name.value) === undefined) {
    wrongType(problems, name.value, name.key, "`name` must be text", ["string"]);
  }
  checkVars(root, problems);
}

/** The map under `stages`, empty where there is none to read. */
export function stagesOf(root: MapNode, problems: Problems): MapNode {
  const entry = root.entries.get("stages");
  const hint = "such as `stages: { data: mnist, … }`";
  if (entry?.value.kind === "map") {
    if (entry.value.entries.size === 0)
      problems.add("KDF_CONFIG_MISSING_KEY", "the pipeline has no stages", entry.key, hint);
    return entry.value;
  }
  if (entry === undefined && isMisspelled("stages", root)) return mapNode(root.span, []);
  if (entry === undefined) problems.add("KDF_CONFIG_MISSING_KEY", "`stages` is missing", topOf(root), hint);
  else if (!isBroken(entry.value))
    wrongType(problems, entry.value, entry.key, "`stages` must be a map from name to stage", []);
  return mapNode(root.span, []);
}

/** What `plugins:` lists, with the place of each: `focal`, or `{ use: focal, anyApi: true }`. */
export function pluginsOf(
  root: MapNode,
  problems: Problems,
): { readonly request: string; readonly anyApi?: boolean; readonly span: Span }[] {
  const entry = root.entries.get("plugins");
  if (entry === undefined || isBroken(entry.value)) return [];
  const { value, key } = entry;
  if (value.kind !== "list") {
    wrongType(problems, value, key, "`plugins` must be a list of packages and files", []);
    return [];
  }
  return value.items.flatMap((item) => {
    const [use, anyApi] = ["use", "anyApi"].map((name) =>
      item.kind === "map" ? item.entries.get(name)?.value : undefined,
    );
    const named = use ?? item;
    const request = textOf(named);
    if (isBroken(named)) return [];
    const isPlain = item.kind !== "map" || item.entries.size === (anyApi === undefined ? 1 : 2);
    const isSwitch = anyApi === undefined || (anyApi.kind === "scalar" && typeof anyApi.value === "boolean");
    if (request === undefined || !isPlain || !isSwitch) {
      wrongType(problems, item, key, "a plugin is its package or file, or `{ use: focal, anyApi: true }`", ["string"]);
      return [];
    }
    return [{ request, anyApi: anyApi?.kind === "scalar" && anyApi.value === true, span: named.span }];
  });
}
