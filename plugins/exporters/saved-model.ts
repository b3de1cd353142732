import type { ProviderOf } from "../../core/index.ts";
import type { ExportSavedModelOptions } from "../options.ts";
import { modelExporter } from "./copying/model-exporter.ts";

/** Writes the best model as TensorFlow's SavedModel, and holds what Python answers with it against the model. */
export const savedModel: ProviderOf<"export"> = modelExporter<ExportSavedModelOptions>({
  id: "saved-model",
  summary: "SavedModel of TensorFlow, checked in Python",
  cacheVersion: 1,
  write: async (options, ...work) => {
    const { exportTensorflow } = await import("./tensorflow/export-tensorflow.ts");
    const form = { ...options, kind: "saved-model", precision: "float32", calibrationImages: 0 } as const;
    return exportTensorflow(form, ...work);
  },
});
