import { extname } from "node:path";
import { type Dataset, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { TeacherDarknetOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { probeOnnx, provisionOnnx } from "./onnx/provision-onnx.ts";

/**
 * A darknet detector, `.cfg` and `.weights`: translated into an ONNX graph in memory, run by ONNX Runtime, and decoded
 * in its thread. Nothing is written beside the files.
 */
export const darknet: ProviderOf<"teacher"> = defineProvider<"teacher", TeacherDarknetOptions>("teacher", {
  id: "darknet",
  summary: "a darknet detector of YOLOv3's and YOLOv4's kind, from its .cfg and .weights",
  reference: "arXiv:1804.02767",
  cacheVersion: 1,
  cacheIgnore: ["model", "weights", "classes"],
  recognise: async (path) => (extname(path).toLowerCase() === ".cfg" ? { model: path } : undefined),
  runtime: { name: "onnxruntime", probe: probeOnnx, provision: provisionOnnx },

  async fingerprint(options, context) {
    return (await import("./darknet/darknet-teacher.ts")).darknetFingerprint(options, context);
  },

  async describe(options, inputs, { baseDir }) {
    const { describeDarknet } = await import("./darknet/darknet-teacher.ts");
    const data = inputs["data"]?.[0];
    return describeDarknet(options, data?.task === detectionId ? data.classNames : undefined, baseDir);
  },

  async run(options, inputs, context) {
    const { writeDarknet } = await import("./darknet/darknet-teacher.ts");
    await writeDarknet(options, inputs["data"] as Dataset | undefined, context);
  },

  async open({ directory }, options, context) {
    return (await import("./darknet/darknet-teacher.ts")).openDarknet(directory, options, context);
  },
});
