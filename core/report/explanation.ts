import type { Explanation } from "../run/session.ts";
import { textTable } from "./text-table.ts";

/** A value on one line: short plain data as JSON. */
function valueText(value: unknown): string {
  return value === undefined ? "–" : JSON.stringify(value);
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The leaves of nested maps as `path  value` pairs; a list of maps has one pair for each item. */
function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (Array.isArray(value) && value.some(isMap)) return value.map((item, i) => [`${path}[${i}]`, valueText(item)]);
  if (!isMap(value) || Object.keys(value).length === 0) return [[path, valueText(value)]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === "" ? name : `${path}.${name}`));
}

/** What `kdflow explain` prints: the key, its parts, and the differences to the last run. */
export function formatExplanation({ stage, key, parts, changes }: Explanation): readonly string[] {
  if (key === undefined)
    return [`${stage}: its key is made from the results of its inputs, which are not computed yet`];
  const lines = [`${stage}: key ${key}`, "", "made from"];
  lines.push(...textTable(leaves(parts, "")).map((line) => `  ${line}`), "");
  if (changes === undefined) return [...lines, "no earlier run of this stage is on record"];
  if (changes.length === 0) return [...lines, "nothing changed since the last run"];
  const rows = changes.map(({ path, before, now, where }) => [
    path,
    `${valueText(before)} → ${valueText(now)}`,
    where === undefined ? "" : `(${where})`,
  ]);
  return [...lines, "changed since the last run", ...textTable(rows).map((line) => `  ${line}`)];
}
