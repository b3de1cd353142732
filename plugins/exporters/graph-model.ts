import type { ProviderOf } from "../../core/index.ts";
import type { ExportGraphModelOptions } from "../options.ts";
import { modelExporter } from "./copying/model-exporter.ts";

/** Writes the best model as a graph model of TensorFlow.js, and holds its answers against the trained model's. */
export const graphModel: ProviderOf<"export"> = modelExporter<ExportGraphModelOptions>({
  id: "graph-model",
  summary: "TensorFlow.js graph model, with a page that shows it",
  cacheVersion: 1,
  check: async (options) => (await import("./graph-model/check-options.ts")).checkOptions(options),
  write: async (...work) => (await import("./graph-model/export-graph-model.ts")).exportGraphModel(...work),
});
