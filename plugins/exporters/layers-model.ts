import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, type Exported, type ProviderOf } from "../../core/index.ts";
import type { ExportLayersModelOptions } from "../options.ts";
import { keepRefused } from "./copying/keep-refused.ts";

const reportFile = "export.json";

/** Copies the stock files of the best model, and holds the copy's logits against the trained model's. */
export const layersModel: ProviderOf<"export"> = defineProvider<"export", ExportLayersModelOptions>("export", {
  id: "layers-model",
  summary: "TensorFlow.js layers model for browsers and Node",
  cacheVersion: 1,
  numeric: true,
  describe: (_options, inputs) => {
    const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
    return { task, classNames, imageSize };
  },
  run: async (_options, inputs, context) => {
    const { copyLayersModel } = await import("./copying/copy-layers-model.ts");
    await keepRefused(context.outputDir, () => copyLayersModel(inputs, reportFile, context));
  },
  open: async ({ directory }): Promise<Exported> => {
    const { files, parity } = JSON.parse(await readFile(join(directory, reportFile), "utf8")) as Exported;
    return { directory, files, parity };
  },
});
