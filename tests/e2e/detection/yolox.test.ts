import { describe, expect, it } from "vitest";
import { decoders, recogniseDecoder } from "../../../plugins/tasks/detection/decoders/recognise.ts";
import { sharedFile } from "../../unit/tasks/detection/shared-data.ts";
import { scoreDetector } from "./score-detector.ts";

const model = sharedFile("models/yolox-nano-onnx/yolox_nano.onnx");
const photos = sharedFile("photos/coco128-val");

describe.skipIf(model.missing !== "")(`YOLOX-nano ${model.missing}`, () => {
  it("scores on 128 photos of COCO what OpenCV and pycocotools give", async () => {
    const settings = { width: 416, height: 416, classCount: 80 };
    const seen = new Set<string>();
    const { metrics } = await scoreDetector(
      {
        model: model.path,
        viewer: {
          size: { width: 416, height: 416, channels: 3 },
          fit: { letterbox: "top-left", fill: 114, enlarge: true, rounding: "trunc" },
        },
        order: "bgr",
        white: 255,
        decode: (outputs) => {
          const found = recogniseDecoder(outputs, settings);
          seen.add(found.kind === "certain" ? found.decoder : found.kind);
          return decoders.yolox(outputs, 0, settings);
        },
        nms: { scoreThreshold: 0.01, iouThreshold: 0.6, maxDetections: 300, maxCandidates: 30_000 },
        classes: ({ categories }) => categories.map((_, at) => at),
      },
      `${photos.path}/images`,
      `${photos.path}/annotations/instances_val.json`,
    );
    expect([...seen]).toEqual(["yolox"]);
    // expected/yolox-nano.json; decoding and resizing differ between libraries
    expect(Math.abs(metrics.AP - 0.3365)).toBeLessThan(0.01);
    expect(Math.abs(metrics.AP50 - 0.493)).toBeLessThan(0.01);
  });
});
