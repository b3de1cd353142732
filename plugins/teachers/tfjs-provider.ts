import { type Dataset, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { TfjsFormat, TfjsOptions } from "./tfjs/tfjs-teacher.ts";

/**
 * A teacher in one of TensorFlow.js's formats, from disk. The model stays where it is; the artifact says how it is read.
 *
 * @param id the format, which is also what a pipeline names
 */
export function tfjsProvider(id: TfjsFormat, summary: string): ProviderOf<"teacher"> {
  const code = (): Promise<typeof import("./tfjs/tfjs-teacher.ts")> => import("./tfjs/tfjs-teacher.ts");
  return defineProvider<"teacher", TfjsOptions>("teacher", {
    id,
    summary,
    cacheVersion: 1,
    cacheIgnore: ["model", "classes"],
    numeric: true,
    // layers models are read as kdflow's own, without a teacher
    ...(id === "graph-model" && { recognise: async (path: string) => (await code()).recogniseGraphModel(path) }),
    fingerprint: async (options, context) => (await code()).fingerprintTfjs(options, id, context),
    describe: async (options, inputs, context) => (await code()).describeTfjs(options, id, inputs, context),
    async run(options, inputs, context) {
      await (await code()).writeTfjsTeacher(options, id, inputs["data"] as Dataset | undefined, context);
    },
    open: async ({ directory }, options, context) => (await code()).openTfjsTeacher(directory, options, id, context),
  });
}
