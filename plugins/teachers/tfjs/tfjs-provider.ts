import { type Dataset, defineProvider, type ProviderOf } from "../../../core/index.ts";
import type { TfjsFormat, TfjsOptions } from "./tfjs-teacher.ts";

/**
 * A teacher in one of TensorFlow.js's formats, from disk. The model stays where it is; the artifact says how it is read.
 *
 * @param id the format, which is also what a pipeline names
 */
export function tfjsProvider(id: TfjsFormat, summary: string): ProviderOf<"teacher"> {
  const code = (): Promise<typeof import("./tfjs-teacher.ts")> => import("./tfjs-teacher.ts");
  return defineProvider<"teacher", TfjsOptions>("teacher", {
    id,
    summary,
    cacheVersion: 1,
    cacheIgnore: ["model", "classes"],
    numeric: true,
    // layers models are read as kdflow's own, without a teacher
    ...(id === "graph-model" && { recognise: async (path: string) => (await code()).recogniseGraphModel(path) }),
    // a graph with a decoder is a detector
    fingerprint: async (options, context) => (await code()).fingerprintTfjs(options, id, context),
    async describe(options, inputs, context) {
      const { describeGraphDetector, isGraphDetector } = await import("./graph-detector.ts");
      if (isGraphDetector(options)) return describeGraphDetector(options, inputs, context);
      return (await code()).describeTfjs(options, id, inputs, context);
    },
    async run(options, inputs, context) {
      const { isGraphDetector, writeGraphDetector } = await import("./graph-detector.ts");
      if (isGraphDetector(options)) return writeGraphDetector(options, inputs["data"] as Dataset | undefined, context);
      await (await code()).writeTfjsTeacher(options, id, inputs["data"] as Dataset | undefined, context);
    },
    async open({ directory }, options, context) {
      const { isGraphDetector, openGraphDetector } = await import("./graph-detector.ts");
      const { readDetectorFile } = await import("../detector/detector-file.ts");
      const detector = isGraphDetector(options) ? await readDetectorFile(directory) : undefined;
      if (isGraphDetector(options) && detector !== undefined) return openGraphDetector(detector, options, context);
      return (await code()).openTfjsTeacher(directory, options, id, context);
    },
  });
}
