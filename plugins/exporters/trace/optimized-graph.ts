import { foldAffine } from "./fold-affine.ts";
import { foldPadding } from "./fold-padding.ts";
import type { TracedGraph } from "./traced-graph.ts";

/** The graph with batch norms, biases, implicit knowledge and padding inside its convolutions. */
export function optimizedGraph(graph: TracedGraph): TracedGraph {
  return foldPadding(foldAffine(graph));
}
