import { type Dataset, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { TeacherLayersModelOptions } from "../options.ts";

/** A classifier in TensorFlow.js's layers format, from disk. The model stays where it is; the artifact says how it is read. */
export const layersModel: ProviderOf<"teacher"> = defineProvider<"teacher", TeacherLayersModelOptions>("teacher", {
  id: "layers-model",
  summary: "a classifier in TensorFlow.js's layers format",
  cacheVersion: 1,
  cacheIgnore: ["model", "classes"],
  numeric: true,

  async fingerprint(options, context) {
    return (await import("./tfjs/tfjs-teacher.ts")).fingerprintTfjs(options, "layers-model", context);
  },

  async describe(options, inputs, context) {
    return (await import("./tfjs/tfjs-teacher.ts")).describeTfjs(options, "layers-model", inputs, context);
  },

  async run(options, inputs, context) {
    const { writeTfjsTeacher } = await import("./tfjs/tfjs-teacher.ts");
    await writeTfjsTeacher(options, "layers-model", inputs["data"] as Dataset | undefined, context);
  },

  async open({ directory }, options, context) {
    return (await import("./tfjs/tfjs-teacher.ts")).openTfjsTeacher(directory, options, "layers-model", context);
  },
});
