import { isDeepStrictEqual } from "node:util";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { Registry } from "../plugins/registry.ts";
import { type ConfigNode, fromPlain, isPlainList, type MapNode, mapNode, type Plain, toPlain } from "./config-node.ts";
import { freezeDeep } from "./freeze.ts";
import type { Span } from "./source-text.ts";

/** Where a tap's answer is not plain data, or `undefined`. */
function notPlain(value: unknown, path: string): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : path;
  if (typeof value !== "object") return path;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return path;
  for (const [key, item] of Object.entries(value)) {
    const found = notPlain(item, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Gives changed data its places: what is unchanged keeps its own, what is new stands where its parent stands. */
function withPlaces(value: Plain, before: ConfigNode | undefined, at: Span): ConfigNode {
  if (before === undefined) return fromPlain(value, at);
  if (isDeepStrictEqual(toPlain(before), value)) return before;
  if (before.kind === "map" && typeof value === "object" && value !== null && !isPlainList(value)) {
    const entries = Object.entries(value).map(([key, item]) => {
      const entry = before.entries.get(key);
      const keySpan = entry?.key ?? at;
      return [key, { key: keySpan, value: withPlaces(item, entry?.value, keySpan) }] as const;
    });
    return mapNode(before.span, entries);
  }
  if (before.kind === "list" && typeof value === "object" && value !== null && isPlainList(value)) {
    const items = value.map((item, i) => withPlaces(item, before.items[i], at));
    return { kind: "list", items, span: before.span };
  }
  return fromPlain(value, before.kind === "scalar" ? before.span : at);
}

/**
 * Lets plugins change the composed file, through the hook `configResolved`.
 *
 * @throws KDF_PLUGIN_INVALID where a tap returns something that is no pipeline
 */
export function applyPluginChanges(root: MapNode, registry: Registry): MapNode {
  const document = freezeDeep(toPlain(root)) as Readonly<Record<string, unknown>>;
  const answer: unknown = registry.hooks.configResolved.call(document);
  if (answer === document) return root;
  const wrong =
    typeof answer !== "object" || answer === null || Array.isArray(answer) ? "" : notPlain(answer, "config");
  if (wrong !== undefined) {
    const what = wrong === "" ? "something that is no map" : `what is no plain data at ${wrong}`;
    throw new KdflowError("KDF_PLUGIN_INVALID", `a plugin's tap on configResolved returns ${what}`, {
      hint: "return the config, or a changed copy of it as plain data",
    });
  }
  const changed = withPlaces(answer as Plain, root, root.span);
  return changed.kind === "map" ? changed : root;
}
