import { expect, test } from "vitest";
import { graphModel } from "../../../plugins/exporters/graph-model.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import { tflite } from "../../../plugins/exporters/tflite.ts";
import { classificationId } from "../../../plugins/tasks/classification/names.ts";
import { detectionId } from "../../../plugins/tasks/detection/names.ts";
import { caught } from "../../support/caught.ts";

const common = { batch: 1, calibrationImages: 128, metricImages: 1000 } as const;
const inputs = (task: string) => ({ model: [{ task, classNames: ["a"] }] });

test("eight bits and decoded boxes are refused with the way out", async () => {
  const options = { ...common, precision: "int8", boxes: "decoded" } as const;
  const error = await caught(async () =>
    tflite.describe?.(options as never, inputs(detectionId) as never, {} as never),
  );
  expect(error.code).toBe("KDF_PLAN_OPTIONS");
  expect(error.hint.join(" ")).toContain("`boxes: raw`");
});

test.each([
  [detectionId, "int8", "raw"],
  [detectionId, "float16", "decoded"],
  [classificationId, "int8", "decoded"],
] as const)("a student of %s is converted with %s and boxes %s", async (task, precision, boxes) => {
  const described = await tflite.describe?.(
    { ...common, precision, boxes } as never,
    inputs(task) as never,
    {} as never,
  );
  expect(described).toMatchObject({ task });
});

const photo = { input: "photo", fit: "crop", batch: "dynamic", layout: "nhwc", boxes: "decoded", quantize: "none" };

test.each([
  [onnx, { batch: 8 }, "/batch"],
  [onnx, { layout: "nchw" }, "/layout"],
  [onnx, { quantize: "int8" }, "/quantize"],
  [onnx, { input: "tensor", boxes: "nms", batch: 8 }, "/batch"],
  [graphModel, { demo: true }, "/demo"],
  [graphModel, { batch: 8 }, "/batch"],
])("options that do not go together are refused while planning: %#", async ({ describe }, options, option) => {
  const error = await caught(async () =>
    describe?.({ ...photo, ...options } as never, inputs(detectionId) as never, {} as never),
  );
  expect(error).toMatchObject({ code: "KDF_PLAN_OPTIONS", option });
});
