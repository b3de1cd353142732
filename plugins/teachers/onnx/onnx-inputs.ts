import { KdflowError } from "../../../core/index.ts";
import type { OnnxFile, OnnxValue } from "./onnx-file.ts";
import type { OnnxWorkerData } from "./onnx-protocol.ts";

type ElementType = OnnxWorkerData["input"]["type"];

/** @throws KDF_TEACHER_SHAPE where a file does not take images alone */
export function soleInput({ inputs }: OnnxFile, path: string): OnnxValue & { readonly type: ElementType } {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) {
    const names = inputs.map(({ name }) => `"${name}"`).join(", ");
    throw new KdflowError(
      "KDF_TEACHER_SHAPE",
      `"${path}" has ${inputs.length} inputs${names === "" ? "" : `: ${names}`}`,
      {
        hint: "a teacher takes one input, the images",
      },
    );
  }
  const { type } = input;
  if (type === "float32" || type === "float16" || type === "uint8") return { ...input, type };
  throw new KdflowError("KDF_TEACHER_SHAPE", `the input "${input.name}" of "${path}" is of ${type}`, {
    hint: "a teacher takes images as float32, float16 or uint8",
  });
}
