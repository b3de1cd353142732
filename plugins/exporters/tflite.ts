import type { ProviderOf } from "../../core/index.ts";
import type { ExportTfliteOptions } from "../options.ts";
import { modelExporter } from "./copying/model-exporter.ts";

/** Writes the best model as a TFLite file, and holds what Python answers with it against the model. */
export const tflite: ProviderOf<"export"> = modelExporter<ExportTfliteOptions>({
  id: "tflite",
  summary: "TFLite file of float32, float16 or int8, checked in Python",
  cacheVersion: 1,
  check: async (options, isDetector) => (await import("./tensorflow/check-form.ts")).checkForm(options, isDetector),
  write: async (options, ...work) => {
    const { exportTensorflow } = await import("./tensorflow/export-tensorflow.ts");
    return exportTensorflow({ ...options, kind: "tflite" }, ...work);
  },
});
