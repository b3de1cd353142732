import { defineProvider, type ProviderOf } from "../../core/index.ts";
import type { ModelLayersModelOptions } from "../options.ts";
import { openModel } from "../trainers/start/model-files.ts";

/**
 * A model from outside, as one of ours: the artifact holds stock files of a model that takes pixels 0…255 and gives
 * logits, as a trained one does.
 */
export const layersModel: ProviderOf<"model"> = defineProvider<"model", ModelLayersModelOptions>("model", {
  id: "layers-model",
  summary: "a classifier in TensorFlow.js's layers format, to evaluate, to export, or to teach",
  cacheVersion: 1,
  cacheIgnore: ["model", "classes"],
  numeric: true,
  ports: { data: { accepts: ["data"], optional: true } },

  async fingerprint(options, context) {
    const { readTfjsFile, tfjsFingerprint } = await import("../teachers/tfjs/tfjs-file.ts");
    const file = await readTfjsFile(options.model, context.baseDir, "layers-model");
    return tfjsFingerprint(file, options.classes, context);
  },

  async describe(options, inputs, { baseDir }) {
    const { planLayersModel } = await import("./importing/import-layers-model.ts");
    const { input, classes } = await planLayersModel(options, inputs["data"]?.[0]?.classNames, baseDir);
    return { classNames: classes?.names, imageSize: input.size, hasWeights: true };
  },

  async run(options, inputs, context) {
    const { importLayersModel } = await import("./importing/import-layers-model.ts");
    await importLayersModel(options, inputs, context);
  },

  open: async ({ directory, digest }) => openModel(directory, digest),
});
