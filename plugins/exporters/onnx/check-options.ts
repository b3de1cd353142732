import { KdflowError } from "../../../core/index.ts";
import type { ExportOnnxOptions } from "../../options.ts";

/** @throws KDF_PLAN_OPTIONS where options of an ONNX file do not go together */
export function checkOptions({ batch, input, boxes, layout, quantize }: ExportOnnxOptions, isDetector: boolean): void {
  const alone = input === "photo" ? "`input: photo`" : isDetector && boxes === "nms" ? "`boxes: nms`" : undefined;
  if (alone === undefined) return;
  if (quantize !== "none") {
    throw new KdflowError("KDF_PLAN_OPTIONS", `${alone} and \`quantize\` do not go together`, {
      hint: "export twice: one file with `quantize`, one with the other option",
      option: "/quantize",
    });
  }
  if (input === "photo" && layout === "nchw") {
    throw new KdflowError("KDF_PLAN_OPTIONS", "`input: photo` takes photos as they are decoded, channels last", {
      hint: "leave `layout: nchw` out",
      option: "/layout",
    });
  }
  if (batch === "dynamic" || batch === 1) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", `${alone} takes one image at a time, not ${batch}`, {
    hint: "leave `batch` out",
    option: "/batch",
  });
}
