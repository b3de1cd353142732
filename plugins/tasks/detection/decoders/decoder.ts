import type { DetectionRows } from "./detection-rows.ts";

export const decoderNames = [
  "yolov5",
  "yolov7-raw",
  "yolov7-grid",
  "yolov6",
  "yolox",
  "yolov8",
  "yolov4",
  "detr",
  "nms-counted",
  "nms-slots",
  "nms-rows",
  "detr-finished",
] as const;

/** Which family's outputs a detector gives; the last four are boxes that were chosen in its graph. */
export type DecoderName = (typeof decoderNames)[number];

/** One output of a detector. */
export interface DetectorOutput {
  readonly name: string;
  /** With the batch first. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface DecodeSettings {
  /** Of the detector's input, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly classCount: number;
  /** `[levels][anchors]`, width and height in pixels of the input; for `yolov7-raw`, finest level first. */
  readonly anchors?: readonly (readonly (readonly [width: number, height: number])[])[];
  /** Of `detr`: whether class logits compete (softmax, the last column being no object) or stand alone. */
  readonly score?: "sigmoid" | "softmax";
}

/** Turns the outputs for one image of a batch into rows. */
export type Decode = (outputs: readonly DetectorOutput[], image: number, settings: DecodeSettings) => DetectionRows;
