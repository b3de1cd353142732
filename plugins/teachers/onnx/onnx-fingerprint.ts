import { dirname, join, resolve } from "node:path";
import { KdflowError, type PlanContext } from "../../../core/index.ts";
import type { TeacherOnnxOptions } from "../../options.ts";
import { executionProviderFor } from "./onnx-device.ts";
import { readOnnxFile } from "./onnx-file.ts";
import { onnxPackage, onnxRuntime } from "./onnx-runtime.ts";

/**
 * What decides an ONNX teacher's answers beside its options: its file, files of weights beside it, the file of class
 * names, and what runs it.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_TEACHER_RUNTIME
 */
export async function onnxFingerprint(
  { model, classes, device }: Pick<TeacherOnnxOptions, "model" | "classes" | "device">,
  context: Pick<PlanContext, "baseDir" | "fileDigest">,
): Promise<Readonly<Record<string, string>>> {
  const path = resolve(context.baseDir, model);
  const { externalFiles } = await readOnnxFile(path);
  const digests: Record<string, string> = { model: await context.fileDigest(path) };
  for (const name of externalFiles) {
    digests[`weights ${name}`] = await context.fileDigest(join(dirname(path), name)).catch((cause: unknown) => {
      throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${path}" keeps weights in "${name}", which is not beside it`, {
        hint: "copy the ONNX file together with its files of weights",
        cause,
      });
    });
  }
  if (classes !== undefined) digests["classes"] = await context.fileDigest(resolve(context.baseDir, classes));
  const runtime = await onnxRuntime();
  const provider = await executionProviderFor(device, runtime);
  return { ...digests, runtime: `${onnxPackage} ${runtime.version} ${provider}` };
}
