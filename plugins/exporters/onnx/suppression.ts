import { nmsDefaults } from "../../tasks/detection/nms.ts";
import type { Emission } from "./emission.ts";

/** Outputs of a detector that suppresses inside: {@link detectionCount} rows by falling score, the rest empty. */
export const detectionOutputs = ["boxes", "scores", "classes"] as const;

/** Rows of each output; those that are empty have score 0 and class −1. */
export const detectionCount: number = nmsDefaults.maxDetections;

export interface Decoded {
  /** `[1, rows, 4]`, in pixels of the network's canvas, not cut off: those that are compared. */
  readonly boxes: string;
  /** `[1, rows, 4]`, the same boxes as they are given. */
  readonly shown: string;
  /** `[1, rows, classes]` */
  readonly scores: string;
}

/**
 * Suppresses boxes of one image within each class, with the numbers by which detectors are scored here: `boxes`
 * `[1, 300, 4]`, `scores` `[1, 300]`, `classes` `[1, 300]`. Boxes are cut off at a border after they are compared, if at
 * all, as in scoring.
 */
export function writeSuppression(onnx: Emission, decoded: Decoded): readonly string[] {
  const { scoreThreshold, iouThreshold, maxDetections } = nmsDefaults;
  const byClass = onnx.node("Transpose", [decoded.scores], { perm: [0, 2, 1] });
  const thresholds = [iouThreshold, scoreThreshold].map((value) =>
    onnx.constant("float32", [1], Float32Array.of(value)),
  );
  // [found, 3]: image, class, row
  const found = onnx.node("NonMaxSuppression", [decoded.boxes, byClass, onnx.integers([maxDetections]), ...thresholds]);
  const column = (place: number): string => {
    const one = onnx.node("Gather", [found, onnx.integers([place])], { axis: 1 });
    return onnx.node("Reshape", [one, onnx.integers([-1])]);
  };
  const [classes, rows] = [column(1), column(2)];
  const places = onnx.node("Gather", [found, onnx.integers([0, 2, 1])], { axis: 1 });
  const scores = onnx.node("GatherND", [decoded.scores, places]);
  const boxes = onnx.node("Gather", [onnx.node("Reshape", [decoded.shown, onnx.integers([-1, 4])]), rows], { axis: 0 });
  const empty = (sides: readonly number[], value: number): string =>
    onnx.constant("float32", sides, new Float32Array(sides.reduce((a, b) => a * b)).fill(value));
  const padded = (tensor: string, sides: readonly number[], value: number): string =>
    onnx.node("Concat", [tensor, empty(sides, value)], { axis: 0 });
  const most = onnx.integers([maxDetections]);
  const [best = "", order = ""] = onnx.nodes("TopK", [padded(scores, [maxDetections], 0), most], 2, {
    axis: 0,
    largest: 1,
    sorted: 1,
  });
  const inOrder = (tensor: string): string => onnx.node("Gather", [tensor, order], { axis: 0 });
  const labels = inOrder(padded(onnx.node("Cast", [classes], { to: 1 }), [maxDetections], -1));
  const given = [
    onnx.node("Reshape", [inOrder(padded(boxes, [maxDetections, 4], 0)), onnx.integers([1, maxDetections, 4])]),
    onnx.node("Reshape", [best, onnx.integers([1, maxDetections])]),
    onnx.node("Reshape", [labels, onnx.integers([1, maxDetections])]),
  ];
  return given;
}
