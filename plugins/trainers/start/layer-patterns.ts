import type { SymbolicTensor } from "@tensorflow/tfjs";
import { allowedHint, type BuiltNetwork, KdflowError } from "../../../core/index.ts";

/** Finds the layers that a pattern of `freeze` or `groups` names. */
export type LayerPatterns = (pattern: string, option: string) => ReadonlySet<string>;

/**
 * Reads patterns as places in a network. `backbone` is all that leads to the tap `pooled`, of a
 * detector all but `neck/…` and `head/…`; `head` is the rest, of a detector what is under `head/`; the name of
 * a tap (`stage1`) stands for the layers between the tap before it and itself, the first tap's including the stem;
 * anything else is the name of a layer or the beginning of names, by whole segments: `stage2/block1`, with `*` for any
 * characters in a segment. Layers of loss terms are `loss/<term>/<layer>`.
 *
 * @param lossWeights names of the loss terms' own weights
 * @returns a function that throws KDF_TRAIN_LAYERS for a pattern that matches no layer with weights
 */
export function layerPatterns({ model, taps }: BuiltNetwork, lossWeights: readonly string[]): LayerPatterns {
  const own = model.layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name);
  const layers = [...new Set([...own, ...lossWeights.map(layerOf)])];
  const places = placesOf(taps, new Set(own));
  return (pattern, option) => {
    const matched = places.get(pattern) ?? new Set(layers.filter((name) => begins(name, pattern)));
    if (matched.size > 0) return matched;
    const known = [...places].filter(([, found]) => found.size > 0).map(([name]) => name);
    throw new KdflowError("KDF_TRAIN_LAYERS", `\`${option}\` names "${pattern}", which is no layer of this network`, {
      hint: allowedHint(pattern, [...new Set([...known, ...layers.flatMap(beginnings)])]),
      option: `/${option}`,
    });
  };
}

/** The layer that a weight belongs to. */
export function layerOf(weight: string): string {
  return weight.slice(0, weight.lastIndexOf("/"));
}

function placesOf(taps: BuiltNetwork["taps"], layers: ReadonlySet<string>): Map<string, ReadonlySet<string>> {
  const places = new Map<string, ReadonlySet<string>>();
  const { pooled } = taps;
  if (pooled !== undefined) {
    const backbone = new Set([...layersBehind(pooled.tensor)].filter((name) => layers.has(name)));
    places.set("backbone", backbone);
    places.set("head", new Set([...layers].filter((name) => !backbone.has(name))));
  } else if ([...layers].some((name) => name.startsWith("head/"))) {
    places.set("backbone", new Set([...layers].filter((name) => !/^(neck|head)\//u.test(name))));
  }
  const before = new Set<string>();
  for (const [name, { tensor }] of Object.entries(taps)) {
    // `stage1/pre` lies inside `stage1`
    if (name.includes("/")) continue;
    const behind = [...layersBehind(tensor)].filter((layer) => layers.has(layer));
    places.set(name, new Set(behind.filter((layer) => !before.has(layer))));
    for (const layer of behind) before.add(layer);
  }
  return places;
}

/** Names of all layers that a tensor is computed by. */
function layersBehind(tensor: SymbolicTensor): Set<string> {
  const seen = new Set<SymbolicTensor>();
  const waiting = [tensor];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...next.inputs);
  }
  return new Set([...seen].map(({ sourceLayer }) => sourceLayer.name));
}

function begins(name: string, pattern: string): boolean {
  const segments = name.split("/");
  return pattern.split("/").every((part, i) => fits(segments[i], part));
}

function fits(segment: string | undefined, part: string): boolean {
  if (segment === undefined) return false;
  const pieces = part.split("*").map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pieces.join(".*")}$`).test(segment);
}

/** `a/b/c` → `a`, `a/b`, `a/b/c` */
function beginnings(name: string): string[] {
  const segments = name.split("/");
  return segments.map((_, i) => segments.slice(0, i + 1).join("/"));
}
