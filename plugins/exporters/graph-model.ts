import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, type Exported, type ProviderOf } from "../../core/index.ts";
import type { ExportGraphModelOptions } from "../options.ts";
import { keepRefused } from "./copying/keep-refused.ts";

const reportFile = "export.json";

/** Writes the best model as a graph model of TensorFlow.js, and holds its answers against the trained model's. */
export const graphModel: ProviderOf<"export"> = defineProvider<"export", ExportGraphModelOptions>("export", {
  id: "graph-model",
  summary: "TensorFlow.js graph model, with a page that shows it",
  cacheVersion: 1,
  numeric: true,
  describe: (_options, inputs) => {
    const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
    return { task, classNames, imageSize };
  },
  run: async (options, inputs, context) => {
    const { exportGraphModel } = await import("./graph-model/export-graph-model.ts");
    await keepRefused(context.outputDir, () => exportGraphModel(options, inputs, reportFile, context));
  },
  open: async ({ directory }): Promise<Exported> => {
    const { files, parity } = JSON.parse(await readFile(join(directory, reportFile), "utf8")) as Exported;
    return { directory, files, parity };
  },
});
