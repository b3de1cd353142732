import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, type Exported, type ProviderOf } from "../../core/index.ts";
import type { ExportOnnxOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { probeOnnx, provisionOnnx } from "../teachers/onnx/provision-onnx.ts";
import { keepRefused } from "./copying/keep-refused.ts";

const reportFile = "export.json";

/** Writes the best model as an ONNX file that takes pixels, and holds what ONNX Runtime answers against the model. */
export const onnx: ProviderOf<"export"> = defineProvider<"export", ExportOnnxOptions>("export", {
  id: "onnx",
  summary: "ONNX file that takes uint8 pixels, checked in ONNX Runtime",
  cacheVersion: 1,
  numeric: true,
  runtime: { name: "onnxruntime", probe: probeOnnx, provision: provisionOnnx },
  describe: async (options, inputs) => {
    const { checkOptions } = await import("./onnx/check-options.ts");
    checkOptions(options, inputs["model"]?.[0]?.task === detectionId);
    const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
    return { task, classNames, imageSize };
  },
  run: async (options, inputs, context) => {
    const { exportOnnx } = await import("./onnx/export-onnx.ts");
    await keepRefused(context.outputDir, () => exportOnnx(options, inputs, reportFile, context));
  },
  open: async ({ directory }): Promise<Exported> => {
    const { files, parity } = JSON.parse(await readFile(join(directory, reportFile), "utf8")) as Exported;
    return { directory, files, parity };
  },
});
