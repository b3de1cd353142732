import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { plainView } from "../../../core/index.ts";
import { type CocoInstances, parseCocoInstances } from "../../../plugins/data/boxes/coco-instances.ts";
import { withBoxAreas } from "../../../plugins/tasks/detection/coco-rules.ts";
import { type CocoScores, scoreCoco } from "../../../plugins/tasks/detection/coco-scores.ts";
import type { DetectorOutput } from "../../../plugins/tasks/detection/decoders/decoder.ts";
import type { DetectionRows } from "../../../plugins/tasks/detection/decoders/detection-rows.ts";
import { rowCandidates } from "../../../plugins/tasks/detection/decoders/row-candidates.ts";
import { type Detection, packDetections } from "../../../plugins/tasks/detection/detections.ts";
import { bringBack } from "../../../plugins/tasks/detection/move-boxes.ts";
import { type NmsOptions, suppress } from "../../../plugins/tasks/detection/nms.ts";
import { placements } from "../../../plugins/tasks/detection/placements.ts";
import { renderPlacement } from "../../../plugins/tasks/detection/render-placement.ts";
import { truthOf } from "../../../plugins/tasks/detection/score-files.ts";
import type { Viewer } from "../../../plugins/tasks/detection/viewer.ts";

export interface ScoredDetector {
  readonly model: string | Uint8Array;
  readonly viewer: Viewer;
  readonly order: "rgb" | "bgr";
  /** What a pixel of 255 becomes. */
  readonly white: number;
  readonly decode: (outputs: readonly DetectorOutput[]) => DetectionRows;
  readonly nms: NmsOptions;
  /** The ground truth's class of each class of the detector; −1 for none. */
  readonly classes: (instances: CocoInstances) => readonly number[];
}

/** Runs a detector on the photos of an instances file, from the photos' files to COCO's numbers. */
export async function scoreDetector(
  detector: ScoredDetector,
  images: string,
  annotations: string,
): Promise<CocoScores> {
  const instances = parseCocoInstances(annotations, readFileSync(annotations, "utf8"));
  const { model } = detector;
  const session = await (typeof model === "string" ? InferenceSession.create(model) : InferenceSession.create(model));
  const classes = detector.classes(instances);
  const found: Detection[][] = [];
  for (const { fileName } of instances.images) {
    found.push(await detectIn(session, detector, join(images, fileName), classes));
  }
  await session.release();
  return scoreCoco(truthOf(instances), withBoxAreas(packDetections(found)), instances.categories.length);
}

async function detectIn(
  session: InferenceSession,
  { viewer, order, white, decode, nms }: ScoredDetector,
  file: string,
  classes: readonly number[],
): Promise<Detection[]> {
  const { data, info } = await sharp(file)
    .autoOrient()
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const photo = {
    pixels: new Uint8Array(data),
    size: { width: info.width, height: info.height, channels: info.channels },
  };
  const [placement] = placements(plainView, [photo.size], viewer);
  if (placement === undefined) return [];
  const { width, height } = viewer.size;
  const canvas = new Uint8Array(width * height * 3);
  renderPlacement(photo, plainView, placement, viewer, canvas);
  const planes = new Float32Array(canvas.length);
  canvas.forEach((value, at) => {
    const channel = order === "rgb" ? at % 3 : 2 - (at % 3);
    planes[channel * width * height + Math.floor(at / 3)] = (value / 255) * white;
  });
  const input = session.inputNames[0] ?? "";
  const answer = await session.run({ [input]: new Tensor("float32", planes, [1, 3, height, width]) });
  const outputs = session.outputNames.map((name): DetectorOutput => {
    const tensor = answer[name] as Tensor;
    return { name, shape: tensor.dims, data: tensor.data as Float32Array };
  });
  const candidates = rowCandidates(decode(outputs), { scoreThreshold: nms.scoreThreshold, multiLabel: false });
  const kept = suppress(candidates, nms);
  const corners = bringBack(candidates.corners, placement, photo.size);
  return [...kept].flatMap((row): Detection[] => {
    const id = classes[candidates.classes[row] as number] ?? -1;
    const [left = 0, top = 0, right = 0, bottom = 0] = corners.subarray(row * 4, row * 4 + 4);
    return id < 0 ? [] : [{ corners: [left, top, right, bottom], class: id, score: candidates.scores[row] as number }];
  });
}
