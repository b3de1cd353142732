import { type Dataset, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { TeacherGraphModelOptions } from "../options.ts";

/** A classifier in TensorFlow.js's graph format, from disk. The model stays where it is; the artifact says how it is read. */
export const graphModel: ProviderOf<"teacher"> = defineProvider<"teacher", TeacherGraphModelOptions>("teacher", {
  id: "graph-model",
  summary: "a classifier in TensorFlow.js's graph format, such as a converted SavedModel",
  cacheVersion: 1,
  cacheIgnore: ["model", "classes"],
  numeric: true,

  async fingerprint(options, context) {
    return (await import("./tfjs/tfjs-teacher.ts")).fingerprintTfjs(options, "graph-model", context);
  },

  async describe(options, inputs, context) {
    return (await import("./tfjs/tfjs-teacher.ts")).describeTfjs(options, "graph-model", inputs, context);
  },

  async run(options, inputs, context) {
    const { writeTfjsTeacher } = await import("./tfjs/tfjs-teacher.ts");
    await writeTfjsTeacher(options, "graph-model", inputs["data"] as Dataset | undefined, context);
  },

  async open({ directory }, options, context) {
    return (await import("./tfjs/tfjs-teacher.ts")).openTfjsTeacher(directory, options, "graph-model", context);
  },
});
