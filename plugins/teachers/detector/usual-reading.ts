import type { Fit } from "../../../core/index.ts";
import type { DecoderName } from "../../tasks/detection/decoders/decoder.ts";
import type { Normalize } from "../asking/pixel-scaling.ts";

/** How photos are fitted to a detector, as a pipeline says it. */
export type FitName = "letterbox" | "letterbox-top-left" | "stretch" | "crop";

/** Grey of the border that YOLO detectors are trained with. */
const grey = 114;

export const fits: Readonly<Record<FitName, Fit>> = {
  letterbox: { letterbox: "centre", fill: grey, enlarge: true, rounding: "round" },
  "letterbox-top-left": { letterbox: "top-left", fill: grey, enlarge: true, rounding: "trunc" },
  stretch: "stretch",
  crop: "crop",
};

/** What a pipeline may say of a detector's pixels. */
export interface DetectorReading {
  readonly normalize: Normalize;
  readonly channelOrder: "rgb" | "bgr";
  readonly fit: FitName;
}

const yolo: DetectorReading = { normalize: "unit", channelOrder: "rgb", fit: "letterbox" };

/** How each family's own toolkit gives photos to what it exports. */
export const usualReadings: Readonly<Record<DecoderName | "darknet", DetectorReading>> = {
  yolov5: yolo,
  "yolov7-raw": yolo,
  "yolov7-grid": yolo,
  yolov6: yolo,
  yolov8: yolo,
  yolox: { normalize: "none", channelOrder: "bgr", fit: "letterbox-top-left" },
  yolov4: { ...yolo, fit: "stretch" },
  detr: { normalize: "imagenet", channelOrder: "rgb", fit: "stretch" },
  "nms-counted": yolo,
  "nms-slots": yolo,
  "nms-rows": yolo,
  "detr-finished": { ...yolo, fit: "stretch" },
  darknet: { ...yolo, fit: "stretch" },
};
