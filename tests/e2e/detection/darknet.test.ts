import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CocoScores } from "../../../plugins/tasks/detection/coco-scores.ts";
import { translateDarknet } from "../../../plugins/teachers/darknet/darknet-model.ts";
import { decodeDarknet } from "../../../plugins/teachers/darknet/decode-darknet.ts";
import { sharedFile } from "../../unit/tasks/detection/shared-data.ts";
import { scoreDetector } from "./score-detector.ts";

const weights = sharedFile("models/yolo-fastest-darknet/yolo-fastest-1.1-xl.weights");

/** Scores a darknet detector, stretched to its input as darknet does; classes are matched by name or by number. */
async function scoreDarknet(
  model: string,
  names: string | undefined,
  images: string,
  truth: string,
): Promise<CocoScores> {
  const file = (path: string): string => sharedFile(path).path;
  const cfg = file(`models/${model}.cfg`);
  const darknet = translateDarknet(
    { file: cfg, text: readFileSync(cfg, "utf8") },
    { file: `${model}.weights`, bytes: readFileSync(file(`models/${model}.weights`)) },
  );
  const own =
    names === undefined
      ? undefined
      : readFileSync(file(`models/${names}`), "utf8")
          .trim()
          .split(/\r?\n/);
  return scoreDetector(
    {
      model: darknet.onnx,
      viewer: { size: { width: darknet.width, height: darknet.height, channels: 3 }, fit: "stretch" },
      order: "rgb",
      white: 1,
      decode: (outputs) => decodeDarknet(darknet, outputs, 0),
      nms: { scoreThreshold: 0.01, iouThreshold: 0.6, maxDetections: 300, maxCandidates: 30_000 },
      classes: ({ categories }) =>
        own === undefined
          ? categories.map((_, at) => at)
          : own.map((name) => categories.findIndex((category) => category.name === name)),
    },
    file(images),
    file(truth),
  );
}

describe.skipIf(weights.missing !== "")(`darknet detectors ${weights.missing}`, () => {
  it.each([
    [
      "Yolo-Fastest 1.1-xl",
      "yolo-fastest-darknet/yolo-fastest-1.1-xl",
      undefined,
      "photos/coco128-val/images",
      "photos/coco128-val/annotations/instances_val.json",
      [0.225, 0.428],
    ],
    [
      "MobileNetV2-YOLOv3-Nano",
      "mobilenetv2-yolov3-nano-voc-darknet/MobileNetV2-YOLOv3-Nano-voc",
      "mobilenetv2-yolov3-nano-voc-darknet/voc.names",
      "photos/voc100/data/database/images",
      "photos/voc100/data/database/gts/coco_format_v1/instances_default.json",
      [0.366, 0.738],
    ],
  ] as const)("score what another path measured: %s", async (_, model, names, images, truth, [AP, AP50]) => {
    const { metrics } = await scoreDarknet(model, names, images, truth);
    // measured with OpenCV and onnxruntime; decoding and resizing differ
    expect(Math.abs(metrics.AP - AP)).toBeLessThan(0.01);
    expect(Math.abs(metrics.AP50 - AP50)).toBeLessThan(0.01);
  });
});
