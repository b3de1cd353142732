import type { Explanation } from "../run/session.ts";
import { textTable } from "./text-table.ts";

/** A value on one line: short plain data as JSON. */
function valueText(value: unknown): string {
  return value === undefined ? "–" : JSON.stringify(value);
}

/** The leaves of nested maps as `path  value` pairs; lists stay whole. */
function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, valueText(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, "{}"]];
  return entries.flatMap(([name, inner]) => leaves(inner, path === "" ? name : `${path}.${name}`));
}

/** What `kdflow explain` prints: the key, its parts, and the differences to the last run. */
export function formatExplanation({ stage, key, parts, changes }: Explanation): readonly string[] {
  const lines = [`${stage}: key ${key ?? "not known until its inputs are computed"}`, "", "made from"];
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
