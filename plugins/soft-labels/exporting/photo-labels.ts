import { stat } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { readBoxArtifact } from "../../data/boxes/box-artifact.ts";
import type { BoxEntry } from "../../data/boxes/box-listing.ts";
import { boxLists } from "../../data/boxes/box-lists.ts";
import { identifyEntries } from "../../data/boxes/box-records.ts";
import { fileDigest } from "../../data/photos/file-digest.ts";
import { keptBoxes } from "../../losses/teacher-boxes/kept-boxes.ts";
import { rowsOfBatch } from "../../losses/teacher-boxes/rows-of-batch.ts";
import { alignDetector } from "../../tasks/detection/align-detector.ts";
import { movedNumbers, moveRows, readingOf } from "../../tasks/detection/move-rows.ts";
import { shownPhotos } from "../../tasks/detection/shown-photos.ts";
import { rowWidth } from "../../tasks/outputs/answer-rows.ts";
import { openDetections } from "../boxes/box-store.ts";
import type { RunDetections } from "./find-detections.ts";

/** A box of the teacher's on a photo. */
export interface LabelBox {
  /** Left, top, right, bottom in pixels of the upright photo. */
  readonly corners: readonly [left: number, top: number, right: number, bottom: number];
  /** Place among the data's classes. */
  readonly class: number;
  readonly score: number;
}

/** A training photo with the teacher's boxes. */
export interface PhotoLabels {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** By falling score. */
  readonly boxes: readonly LabelBox[];
}

/** As the loss `box-soft` has it: one thing is one box. */
const iouThreshold = 0.5;

/** Boxes are left whatever their size: somebody looks at them. */
const keepAll = { minVisible: 0, minSide: 0 };

/**
 * The stored boxes of every training photo after suppression across classes, under the data's classes, in the order of
 * the photos' paths.
 *
 * @throws KDF_INPUT_CHANGED where photos are no longer what they were, KDF_EXPORT_NOTHING where they are no files
 */
export async function photoLabels(
  { directory, data, classMap }: RunDetections,
  {
    minScore,
    storeDir,
    signal,
  }: { readonly minScore: number; readonly storeDir: string; readonly signal: AbortSignal },
): Promise<{ readonly classNames: readonly string[]; readonly photos: readonly PhotoLabels[] }> {
  const nextPath = await pathsByContent(data, signal);
  const { file, records } = await readBoxArtifact(data.directory);
  const photos = records.filter(({ split }) => split === "train");
  const find = async (key: string): Promise<string | undefined> => {
    const folder = join(storeDir, "store", key);
    return (await stat(folder).catch(() => undefined)) === undefined ? undefined : folder;
  };
  const labels = await openDetections(directory, { find });
  if (labels.views !== undefined) {
    await labels.close();
    throw new KdflowError("KDF_EXPORT_NOTHING", "the run stores boxes of views, and label files are of photos", {
      hint: "say `replay: transformed` at `softLabels: detections`, which labels the photos themselves",
    });
  }
  const source = { ...labels, ...(classMap && { classMap }) };
  const { classNames } = file;
  const reading = readingOf(source, classNames);
  const selection = alignDetector(source, classNames);
  const [output] = Object.values(selection.outputs);
  const [top = 0] = output?.shape ?? [];
  const own = new Float32Array(rowWidth(labels.outputs));
  const aligned = new Float32Array(selection.same ? 0 : rowWidth(selection.outputs));
  const teacherRows = new Float32Array(top * (movedNumbers + classNames.length));
  const found: PhotoLabels[] = [];
  try {
    for (const [sample, { content, width, height }] of photos.entries()) {
      signal.throwIfAborted();
      await labels.read([sample], [0], own);
      const rows = selection.select(own, 1, aligned);
      const sizes = Int32Array.of(height, width);
      const shown = shownPhotos(0, undefined, { sizes }, { width, height, channels: 3 });
      moveRows(
        shown.map((photo) => ({ ...photo, rows })),
        reading,
        teacherRows,
        keepAll,
      );
      const given = rowsOfBatch({ inputs: { teacherRows }, size: 1, indices: Int32Array.of(0) }, 0, classNames.length);
      const kept = keptBoxes(given, { minScore, iouThreshold, boxes: top });
      const boxes = kept.map(({ row, class: id, score }) => ({ corners: given.corners(row), class: id, score }));
      found.push({ path: nextPath(content), width, height, boxes });
    }
  } finally {
    await labels.close();
  }
  return { classNames, photos: found.sort((one, other) => (one.path < other.path ? -1 : 1)) };
}

/** The file of a photo by its content; of several copies each once. */
async function pathsByContent(
  { stage, baseDir }: RunDetections["data"],
  signal: AbortSignal,
): Promise<(content: string) => string> {
  const { id } = stage.registered.provider;
  const list = boxLists.get(id);
  if (list === undefined) {
    throw new KdflowError("KDF_EXPORT_NOTHING", `photos of \`data: ${id}\` have no labels that could be corrected`, {
      hint: `those of ${[...boxLists.keys()].join(", ")} have`,
    });
  }
  const listing = await list(stage.options as never, baseDir);
  const paths = new Map<string, string[]>();
  const identified = await identifyEntries(listing.entries, { fileDigest, signal });
  // copies that are held out come last
  for (const { content, path } of identified.toSorted((one, other) => heldOut(one) - heldOut(other))) {
    const known = paths.get(content) ?? [];
    if (!known.includes(path)) paths.set(content, [...known, path]);
  }
  return (content) => {
    const path = paths.get(content)?.shift();
    if (path !== undefined) return path;
    throw new KdflowError("KDF_INPUT_CHANGED", "photos that the run labelled are no longer what they were", {
      hint: `the one with the digest ${content} is not there; run the pipeline again`,
    });
  };
}

const heldOut = ({ split }: BoxEntry): number => Number(split === "validation" || split === "test");
