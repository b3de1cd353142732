import type { ProviderOf } from "../../core/index.ts";
import type { ExportOnnxOptions } from "../options.ts";
import { probeOnnx, provisionOnnx } from "../teachers/onnx/provision-onnx.ts";
import { modelExporter } from "./copying/model-exporter.ts";

/** Writes the best model as an ONNX file that takes pixels, and holds what ONNX Runtime answers against the model. */
export const onnx: ProviderOf<"export"> = modelExporter<ExportOnnxOptions>({
  id: "onnx",
  summary: "ONNX file that takes uint8 pixels, checked in ONNX Runtime",
  cacheVersion: 1,
  runtime: { name: "onnxruntime", probe: probeOnnx, provision: provisionOnnx },
  check: async (options, isDetector) => (await import("./onnx/check-options.ts")).checkOptions(options, isDetector),
  write: async (...work) => (await import("./onnx/export-onnx.ts")).exportOnnx(...work),
});
