import type { ProviderOf } from "../../core/index.ts";
import type { ExportLayersModelOptions } from "../options.ts";
import { modelExporter } from "./copying/model-exporter.ts";

/** Copies the stock files of the best model, and holds the copy's logits against the trained model's. */
export const layersModel: ProviderOf<"export"> = modelExporter<ExportLayersModelOptions>({
  id: "layers-model",
  summary: "TensorFlow.js layers model for browsers and Node",
  cacheVersion: 1,
  write: async (_options, ...work) => (await import("./copying/copy-layers-model.ts")).copyLayersModel(...work),
});
