import type { DefaultProviders } from "../contracts/kinds.ts";
import { type ConfigNode, expandShortForm, type MapEntry, type MapNode, textOf } from "./config-node.ts";

function useOf(node: MapNode): string | undefined {
  return textOf(node.entries.get("use")?.value);
}

/** The provider that a map means without saying `use`: the kind's default for a stage, the key's name for a loss term. */
function impliedUse(key: string, defaults: DefaultProviders): string {
  return Object.entries(defaults).find(([kind]) => kind === key)?.[1] ?? key;
}

/** Whether the map on top names another provider than the one below, so that options of one must not reach the other. */
function namesAnother(key: string, below: MapNode, above: MapNode, defaults: DefaultProviders): boolean {
  const use = useOf(above);
  return use !== undefined && use !== (useOf(below) ?? impliedUse(key, defaults));
}

/** A bare string meets a map that names a provider: then the string is the short form of one too. */
function alike(node: ConfigNode, other: ConfigNode): ConfigNode {
  return other.kind === "map" && other.entries.has("use") ? expandShortForm(node) : node;
}

function mergeEntry(key: string, below: MapEntry, above: MapEntry, defaults: DefaultProviders): MapEntry {
  const lower = alike(below.value, above.value);
  const upper = alike(above.value, below.value);
  const merges = lower.kind === "map" && upper.kind === "map" && !namesAnother(key, lower, upper, defaults);
  return merges ? { key: above.key, value: mergeMaps(lower, upper, defaults) } : above;
}

/**
 * Lays one map over another: maps merge, lists and scalars replace, and a map that names another provider replaces
 * the whole map below. Keys keep the order of the map below.
 */
export function mergeMaps(below: MapNode, above: MapNode, defaults: DefaultProviders): MapNode {
  const entries = new Map(below.entries);
  for (const [key, entry] of above.entries) {
    const lower = entries.get(key);
    entries.set(key, lower === undefined ? entry : mergeEntry(key, lower, entry, defaults));
  }
  return { kind: "map", entries, span: above.span };
}
