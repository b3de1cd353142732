import type { ClassMap } from "../contracts/classes.ts";
import type { PlanNode } from "./graph.ts";

/** The model whose classes come through a port: the teacher on it, or the one that gave the soft labels. */
export function modelBehind(port: string, source: PlanNode | undefined): PlanNode | undefined {
  if (port === "teacher") return source;
  return port === "softLabels" ? source?.inputs.get("teacher")?.[0] : undefined;
}

/**
 * The class maps through which a stage sees its inputs, by port; part of its key. Soft labels hold all of the teacher's
 * raw logits under its own names, so no map changes them.
 */
export function classMapsOf(node: PlanNode): Readonly<Record<string, ClassMap>> | undefined {
  if (node.stage.kind === "softLabels") return undefined;
  const maps: (readonly [string, ClassMap])[] = [];
  for (const [port, sources] of node.inputs) {
    for (const [place, source] of sources.entries()) {
      const map = Object.entries(modelBehind(port, source)?.stage.classMap ?? {}).filter(([name, to]) => name !== to);
      if (map.length > 0) maps.push([place === 0 ? port : `${port}.${place}`, Object.fromEntries(map)]);
    }
  }
  return maps.length === 0 ? undefined : Object.fromEntries(maps);
}
