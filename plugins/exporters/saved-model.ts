import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, type Exported, type ProviderOf } from "../../core/index.ts";
import type { ExportSavedModelOptions } from "../options.ts";
import { keepRefused } from "./copying/keep-refused.ts";

const reportFile = "export.json";

/** Writes the best model as TensorFlow's SavedModel, and holds what Python answers with it against the model. */
export const savedModel: ProviderOf<"export"> = defineProvider<"export", ExportSavedModelOptions>("export", {
  id: "saved-model",
  summary: "SavedModel of TensorFlow, checked in Python",
  cacheVersion: 1,
  numeric: true,
  describe: (_options, inputs) => {
    const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
    return { task, classNames, imageSize };
  },
  run: async (options, inputs, context) => {
    const { exportTensorflow } = await import("./tensorflow/export-tensorflow.ts");
    const form = { ...options, kind: "saved-model", precision: "float32", calibrationImages: 0 } as const;
    await keepRefused(context.outputDir, () => exportTensorflow(form, inputs, reportFile, context));
  },
  open: async ({ directory }): Promise<Exported> => {
    const { files, parity } = JSON.parse(await readFile(join(directory, reportFile), "utf8")) as Exported;
    return { directory, files, parity };
  },
});
