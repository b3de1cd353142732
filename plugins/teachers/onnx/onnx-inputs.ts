import { KdflowError } from "../../../core/index.ts";
import type { OnnxFile, OnnxValue } from "./onnx-file.ts";
import type { OnnxWorkerData } from "./onnx-protocol.ts";

/** Name of the input by which detectors of the DETR family are told the photo's size. */
const sizesName = /^(orig(inal)?_)?(target_)?(image_)?sizes?$/iu;

/** The input for photos' sizes, int64 `[batch, 2]` of width and height, where a detector has one beside the images. */
export function sizesInput({ inputs }: OnnxFile): OnnxValue | undefined {
  if (inputs.length !== 2) return undefined;
  return inputs.find(({ name, type, shape }) => type === "int64" && sizesName.test(name) && shape?.at(-1) === 2);
}

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
