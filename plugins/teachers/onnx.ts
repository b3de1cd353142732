import { type Dataset, defineProvider, KdflowError, type ProviderOf } from "../../core/index.ts";
import type { TeacherOnnxOptions } from "../options.ts";
import { classificationId } from "../tasks/classification/names.ts";
import { modelClasses } from "./asking/model-classes.ts";
import { probeOnnx, provisionOnnx } from "./onnx/provision-onnx.ts";

/**
 * A classifier or a detector in an ONNX file. The artifact holds what decides its answers: digests of the file and of its weights,
 * how pixels are read, what its output is, and its classes; the model itself stays where it is.
 */
export const onnx: ProviderOf<"teacher"> = defineProvider<"teacher", TeacherOnnxOptions>("teacher", {
  id: "onnx",
  summary: "a classifier or a detector in an ONNX file, run by ONNX Runtime in a thread of its own",
  cacheVersion: 2,
  cacheIgnore: ["model", "classes"],
  // PyTorch's weights too: reading them says how they are exported
  recognise: async (path) => (/\.(onnx|pt|pth)$/iu.test(path) ? { model: path } : undefined),
  async summarise(path) {
    const { inputs, outputs } = await (await import("./onnx/onnx-file.ts")).readOnnxFile(path);
    const text = ({ name, type, shape }: (typeof inputs)[number]): string =>
      `${name} ${type} [${(shape ?? ["any rank"]).map((side) => side ?? "any").join(", ")}]`;
    return [...inputs.map((input) => `input ${text(input)}`), ...outputs.map((output) => `output ${text(output)}`)];
  },
  runtime: { name: "onnxruntime", probe: probeOnnx, provision: provisionOnnx },

  async fingerprint(options, context) {
    const { onnxFingerprint } = await import("./onnx/onnx-fingerprint.ts");
    return onnxFingerprint(options, context);
  },

  async describe(options, inputs, { baseDir }) {
    const { isDetector } = await import("./onnx/plan-detector.ts");
    if (await isDetector(options, baseDir, inputs["data"]?.[0]?.task)) {
      const { describeOnnxDetector } = await import("./onnx/onnx-detector-teacher.ts");
      return describeOnnxDetector(options, inputs, baseDir);
    }
    const { planOnnx } = await import("./onnx/onnx-teacher.ts");
    const plan = await planOnnx(options, baseDir);
    const data = inputs["data"]?.[0];
    const channels = data?.imageSize?.channels;
    if (channels !== undefined && channels !== 1 && channels !== plan.input.size.channels) {
      throw new KdflowError(
        "KDF_TEACHER_SHAPE",
        `"${plan.path}" takes images with ${plan.input.size.channels} channels, and those of the data have ${channels}`,
        { hint: "only grey images can be given to a model for another number of channels" },
      );
    }
    const classes = await modelClasses({
      model: plan.path,
      count: plan.classes,
      file: options.classes,
      baseDir,
      data: data?.classNames,
    });
    return {
      task: classificationId,
      classNames: classes?.names,
      imageSize: plan.input.size,
      taps: Object.keys(plan.taps),
    };
  },

  async run(options, inputs, context) {
    const data = inputs["data"] as Dataset | undefined;
    const { isDetector } = await import("./onnx/plan-detector.ts");
    if (await isDetector(options, context.baseDir, data?.task)) {
      const { writeOnnxDetector } = await import("./onnx/onnx-detector-teacher.ts");
      return writeOnnxDetector(options, data, context);
    }
    const { writeOnnxTeacher } = await import("./onnx/onnx-teacher.ts");
    await writeOnnxTeacher(options, data, context);
  },

  async open({ directory }, options, context) {
    const { readDetectorFile } = await import("./detector/detector-file.ts");
    const detector = await readDetectorFile(directory);
    if (detector !== undefined) {
      const { openOnnxDetector } = await import("./onnx/onnx-detector-teacher.ts");
      return openOnnxDetector(detector, options, context);
    }
    const { openOnnxTeacher } = await import("./onnx/onnx-teacher.ts");
    return openOnnxTeacher(directory, options, context);
  },
});
