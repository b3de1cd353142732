import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { type Dataset, KdflowError, type StageContext, type Teacher } from "../../../core/index.ts";
import { cocoResults } from "../../data/boxes/coco-results.ts";
import { assertDataset } from "../../data/samples/assert-dataset.ts";
import { readTextFile } from "../../data/samples/text-file.ts";
import type { SoftLabelsImportDetectionsOptions } from "../../options.ts";
import { bestClassAsObjectness, emptyRows, logitOf } from "../../tasks/detection/decoders/detection-rows.ts";
import { detectionTruth } from "../../tasks/detection/detection-truth.ts";
import { boxNumbers, detectionId, rowsKind } from "../../tasks/detection/names.ts";
import { originalOf } from "../../tasks/detection/shown-photos.ts";
import { noRow } from "../../teachers/detector/top-rows.ts";
import type { PhotoRows } from "../boxes/box-job.ts";
import { chooseRows } from "../boxes/choose-rows.ts";
import { valuesOf } from "../boxes/label-photos.ts";
import { storeBoxes } from "../boxes/store-boxes.ts";
import type { LabelRow } from "../storing/label-job.ts";
import { assertFitsTruth } from "./fit-to-truth.ts";
import { type ImportedBox, type JoinedResults, joinResults } from "./join-results.ts";
import { resultNames } from "./results-file.ts";

/** Photos between two looks at the signal. */
const batchSize = 64;

/** Gives each training photo its detections of a file, checks them and stores them as a detector's own. */
export async function writeImportedDetections(
  options: SoftLabelsImportDetectionsOptions,
  dataset: Dataset,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  assertDataset(dataset, context);
  const { top, minScore, precision, shardSize } = options;
  const file = resolve(context.baseDir, options.file);
  const text = await readTextFile(file, "`file` is relative to the pipeline file");
  const names = await resultNames(options, context.baseDir);
  const joined = joinResults(cocoResults(file, text, { namedImages: true }), { file, text }, names, dataset);
  tell(joined, options.file, context);
  const { classNames } = names;
  assertFitsTruth(joined.photos, classNames, dataset, context.log);
  const content = [await context.fileDigest(file), classNames, [...names.classOf], joined.photos.length];
  const digest = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  const teacher = whoMadeThem(digest, classNames, top, dataset);
  const truth = detectionTruth(dataset.splits.train);
  const job = {
    kind: "softLabels/import-detections",
    dataset,
    teacher,
    layout: { classes: classNames.length, precision, topK: undefined },
    views: undefined,
    top,
    minScore,
    shardSize,
    batchSize,
    rowsOf: async (rows: readonly LabelRow[]) =>
      rows.map(({ sample }): PhotoRows => {
        const original = originalOf(truth, sample);
        const seen = rowsOfBoxes(joined.photos[sample] ?? [], classNames.length);
        const { rows: chosen, cut } = chooseRows(seen, { top, minScore });
        return { values: valuesOf({ seen, corners: seen.corners }, chosen, original), cut, isShort: false };
      }),
  };
  await storeBoxes(job, async () => undefined, context);
}

function rowsOfBoxes(boxes: readonly ImportedBox[], classCount: number): ReturnType<typeof emptyRows> {
  const rows = emptyRows(boxes.length, classCount, false);
  // of other classes a file of results says nothing
  rows.classes.fill(noRow);
  for (const [row, { corners, scores }] of boxes.entries()) {
    rows.corners.set(corners, row * 4);
    for (const [id, score] of scores) rows.classes[row * classCount + id] = logitOf(score);
  }
  bestClassAsObjectness(rows);
  return rows;
}

function tell(
  { photos, unknownPhotos, heldOut, unknownCategories, empty }: JoinedResults,
  file: string,
  { log }: StageContext,
) {
  const boxes = photos.reduce((sum, own) => sum + own.length, 0);
  const none = photos.filter((own) => own.length === 0).length;
  const message = `"${file}" has ${boxes} boxes of ${photos.length - none} of ${photos.length} training photos`;
  log.info("importedDetections", { message, boxes, photos: photos.length, photosWithout: none });
  if (none > 0) {
    const text = `of ${none} of ${photos.length} training photos there is no box in "${file}": nothing is said of them, unless \`background: zero\` at a loss says that nothing is there`;
    log.warn("importedNothing", { message: text, photos: none });
  }
  if (unknownPhotos.count > 0) {
    const { count, photos: many, first } = unknownPhotos;
    const text = `${count} detections are of ${many} photos that the data does not have, such as ${first}, and are left out`;
    log.warn("importedUnknownPhotos", { message: text, detections: count, photos: many });
  }
  if (heldOut > 0) {
    const text = `${heldOut} detections are of validation and test photos, which nothing is trained on, and are left out`;
    log.info("importedHeldOut", { message: text, detections: heldOut });
  }
  if (unknownCategories.size > 0) {
    const count = [...unknownCategories.values()].reduce((sum, own) => sum + own, 0);
    const ids = [...unknownCategories.keys()].sort((one, other) => one - other);
    const named = `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ` and ${ids.length - 5} more` : ""}`;
    const text = `${count} detections have categories without a name (${named}) and are left out; \`classes\` names them`;
    log.warn("importedUnknownCategories", { message: text, detections: count, categories: ids.length });
  }
  if (empty > 0) {
    const text = `${empty} boxes have no area on their photo and are left out`;
    log.warn("importedEmptyBoxes", { message: text, boxes: empty });
  }
}

/** Stands for whoever made the boxes in what is stored. */
function whoMadeThem(
  digest: string,
  classNames: readonly string[],
  top: number,
  { imageSize }: Pick<Dataset, "imageSize">,
): Teacher {
  return {
    task: detectionId,
    classNames,
    outputs: { rows: { kind: rowsKind, shape: [top, boxNumbers + classNames.length], objectness: false } },
    imageSize,
    digest,
    preprocessing: "imported",
    predict: async () => {
      throw new KdflowError("KDF_INTERNAL", "imported boxes have no teacher to ask");
    },
    dispose: () => undefined,
  };
}
