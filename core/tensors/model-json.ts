import { isAbsolute } from "node:path";
import { topologyProblem } from "./layers-topology.ts";

/** What is wrong with a `model.json` of TensorFlow.js beyond its format and topology being there, or `undefined`. */
export function modelJsonProblem(json: {
  readonly format?: unknown;
  readonly modelTopology?: unknown;
  readonly weightsManifest?: unknown;
}): string | undefined {
  const { format = "layers-model", modelTopology, weightsManifest = [] } = json;
  if (!Array.isArray(weightsManifest)) return "its list of weights is none";
  for (const group of weightsManifest as readonly ({ paths?: unknown; weights?: unknown } | null)[]) {
    const { paths, weights } = group ?? {};
    if (!Array.isArray(paths) || !Array.isArray(weights)) return "a group of weights has no paths or no list";
    const wrong = firstOf(paths, pathProblem) ?? firstOf(weights, weightProblem);
    if (wrong !== undefined) return wrong;
  }
  return format === "layers-model" ? topologyProblem(modelTopology) : nodesProblem(modelTopology);
}

function firstOf(values: readonly unknown[], problem: (value: unknown) => string | undefined): string | undefined {
  return values.map(problem).find((found) => found !== undefined);
}

function pathProblem(path: unknown): string | undefined {
  if (typeof path !== "string" || path === "") return "a path of weights is no text";
  const leaves = isAbsolute(path) || path.split(/[\\/]/u).includes("..");
  return leaves ? `its weights "${path}" lie outside its folder` : undefined;
}

function weightProblem(value: unknown): string | undefined {
  const { name, shape, dtype } = (value ?? {}) as { name?: unknown; shape?: unknown; dtype?: unknown };
  if (typeof name !== "string" || typeof dtype !== "string") return "a weight has no name or no type";
  const sized = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
  return sized ? undefined : `the weight "${name}" has no shape`;
}

/** Nodes of a graph have names and operators; the rest is TensorFlow.js's own to check. */
function nodesProblem(topology: unknown): string | undefined {
  const { node } = (topology ?? {}) as { node?: unknown };
  if (!Array.isArray(node)) return "its graph has no nodes";
  return firstOf(node, (value) => {
    const { name, op } = (value ?? {}) as { name?: unknown; op?: unknown };
    return typeof name === "string" && typeof op === "string" ? undefined : "a node has no name or no operator";
  });
}
