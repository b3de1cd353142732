import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, type Exported, type ProviderOf } from "../../core/index.ts";
import type { ExportTfliteOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { keepRefused } from "./copying/keep-refused.ts";

const reportFile = "export.json";

/** Writes the best model as a TFLite file, and holds what Python answers with it against the model. */
export const tflite: ProviderOf<"export"> = defineProvider<"export", ExportTfliteOptions>("export", {
  id: "tflite",
  summary: "TFLite file of float32, float16 or int8, checked in Python",
  cacheVersion: 1,
  numeric: true,
  describe: async (options, inputs) => {
    const { checkForm } = await import("./tensorflow/check-form.ts");
    checkForm(options, inputs["model"]?.[0]?.task === detectionId);
    const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
    return { task, classNames, imageSize };
  },
  run: async (options, inputs, context) => {
    const { exportTensorflow } = await import("./tensorflow/export-tensorflow.ts");
    const form = { ...options, kind: "tflite" } as const;
    await keepRefused(context.outputDir, () => exportTensorflow(form, inputs, reportFile, context));
  },
  open: async ({ directory }): Promise<Exported> => {
    const { files, parity } = JSON.parse(await readFile(join(directory, reportFile), "utf8")) as Exported;
    return { directory, files, parity };
  },
});
