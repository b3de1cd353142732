import { type Answers, type ImageSize, type Outputs, plainView } from "../../../core/index.ts";
import { rowsOf } from "./answer-rows.ts";
import { rowCandidates } from "./decoders/row-candidates.ts";
import type { Detection } from "./detections.ts";
import { bringBack } from "./move-boxes.ts";
import { type NmsOptions, suppress } from "./nms.ts";
import { placements } from "./placements.ts";
import { viewerOf } from "./viewer.ts";

export interface FindRequest extends NmsOptions {
  readonly outputs: Outputs;
  /** The size at which the detector saw the photo. */
  readonly imageSize: ImageSize;
  /** Whether a row may stand for several classes, as YOLO detectors are scored. */
  readonly multiLabel: boolean;
}

/** The boxes that a detector finds in a photo, the surest first, in pixels of the upright photo. */
export function findBoxes(answers: Answers, image: number, original: ImageSize, request: FindRequest): Detection[] {
  const candidates = rowCandidates(rowsOf(answers, request.outputs, image), request);
  const [placement] = placements(plainView, [original], viewerOf(request.imageSize));
  if (placement === undefined) return [];
  const corners = bringBack(candidates.corners, placement, original);
  return Array.from(suppress(candidates, request), (row) => {
    const [left = 0, top = 0, right = 0, bottom = 0] = corners.subarray(row * 4, row * 4 + 4);
    const [id = -1, score = 0] = [candidates.classes[row], candidates.scores[row]];
    return { corners: [left, top, right, bottom], class: id, score };
  });
}
