import type { GraphNode } from "../trace/traced-graph.ts";
import type { GraphEmission } from "./graph-emission.ts";

/** Writes one kernel as nodes of TensorFlow's graph. */
export type GraphEmitter = (node: GraphNode, graph: GraphEmission) => void;

/** Emitters by the kernel that they write. */
export type GraphEmitterTable = Readonly<Record<string, GraphEmitter>>;
