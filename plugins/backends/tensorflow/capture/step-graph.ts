import type { StateVariable } from "../../../../core/index.ts";
import type { NativeBinding } from "../native-backend.ts";
import { fuseUpdates } from "./fuse-updates.ts";
import type { GraphPart } from "./graph-part.ts";
import { GraphWriter } from "./graph-writer.ts";
import { packTrace } from "./packed-trace.ts";
import { type PartSignature, PartWriter } from "./part-writer.ts";
import { planPacks, type StatePack } from "./state-packs.ts";
import { StateWriter } from "./state-writer.ts";

/** One graph that holds a step's state and every part of it. */
export interface WrittenGraph {
  readonly bytes: Uint8Array;
  readonly nodes: number;
  readonly packs: readonly StatePack[];
  readonly parts: ReadonlyMap<string, PartSignature>;
  /** Fetches of all packs, in order. */
  readonly read: string;
  readonly assignFeeds: string;
  readonly assign: string;
}

/** Writes state, its reading and assigning, and all parts into one graph, so that one session holds them. */
export function writeStepGraph(
  binding: NativeBinding,
  state: readonly StateVariable[],
  parts: readonly GraphPart[],
): WrittenGraph {
  const graph = new GraphWriter(binding);
  const fused = parts.map((part) => ({ ...part, trace: fuseUpdates(part.trace, binding.TF_FLOAT) }));
  const packs = planPacks(state, fused[0]);
  const written = new StateWriter(graph, binding, packs);
  const signatures = parts.map((part, place): [string, PartSignature] => [
    part.scope,
    new PartWriter(graph, binding, written, part, packTrace(packs, state, fused[place] ?? part, part)).write(),
  ]);
  return {
    packs,
    parts: new Map(signatures),
    ...written.signature(),
    nodes: graph.nodes,
    bytes: graph.savedModel(),
  };
}
