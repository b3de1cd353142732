import { readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { KdflowError, makeFolder } from "../../../core/index.ts";
import { eachAtOnce } from "../../data/photos/each-at-once.ts";
import type { OpenedRun } from "../../scaffold/init/host.ts";
import { cocoFiles } from "./coco-files.ts";
import { findDetections } from "./find-detections.ts";
import type { LabelFormat, LabelRequest } from "./label-files.ts";
import { type PhotoLabels, photoLabels } from "./photo-labels.ts";
import { vocFiles } from "./voc-files.ts";
import { yoloFiles } from "./yolo-files.ts";

/** Forms of label files, by the provider of data that reads them. */
export const labelFormats: Readonly<Record<string, LabelFormat>> = {
  coco: cocoFiles,
  yolo: yoloFiles,
  voc: vocFiles,
};

/** What is asked of `kdflow labels export`. */
export interface LabelsExport {
  readonly format: string;
  /** Boxes are written that score above this. */
  readonly minScore: number;
  /** The stage whose boxes are meant, where there are several. */
  readonly stage: string | undefined;
  /** A folder that is not there yet, or empty; absolute. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface ExportedLabels {
  readonly stage: string;
  readonly photos: number;
  readonly boxes: number;
  /** Photos on which no box scores enough. */
  readonly empty: number;
  /** Options of the stage `data` that takes the files back. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Writes the stored boxes of a run's detector as label files, for correction. Nothing is overwritten, and photos are
 * neither moved nor copied.
 *
 * @throws KDF_EXPORT_PLACE for a folder with files in it, and for photos that the format cannot tell apart; what finding
 *   the boxes throws
 */
export async function exportLabels(run: OpenedRun, wanted: LabelsExport): Promise<ExportedLabels> {
  const { folder, minScore, signal } = wanted;
  await assertFree(folder);
  const found = await findDetections(run, wanted.stage);
  const { classNames, photos } = await photoLabels(found, { minScore, storeDir: run.storeDir, signal });
  const photoRoot = commonFolder(photos);
  const named = photos.map((photo) => ({ ...photo, name: relative(photoRoot, photo.path).replaceAll("\\", "/") }));
  const request = { photos: named, classNames, photoRoot, folder };
  const format = labelFormats[wanted.format] ?? cocoFiles;
  await assertNames(format, request, wanted.format);
  const { files, data } = format.write(request);
  await writeFiles(folder, files);
  return {
    stage: found.stage,
    photos: photos.length,
    boxes: photos.reduce((sum, { boxes }) => sum + boxes.length, 0),
    empty: photos.filter(({ boxes }) => boxes.length === 0).length,
    data,
  };
}

async function assertFree(folder: string): Promise<void> {
  const there = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw new KdflowError("KDF_EXPORT_PLACE", `labels cannot be put into "${folder}": ${cause.message}`, { cause });
  });
  if (there.length === 0) return;
  throw new KdflowError("KDF_EXPORT_PLACE", `"${folder}" is not empty, and nothing was written`, {
    hint: "labels that were corrected may lie there; name another folder with --to, or move what is there away",
  });
}

/** The deepest folder that holds all photos. */
function commonFolder(photos: readonly PhotoLabels[]): string {
  let common = dirname(photos[0]?.path ?? resolve("."));
  for (const { path } of photos) {
    while (common !== dirname(common) && relative(common, path).startsWith("..")) common = dirname(common);
  }
  return common;
}

const namedProblems = 3;

async function assertNames(format: LabelFormat, request: LabelRequest, id: string): Promise<void> {
  const problemOf = await format.problems(request);
  const problems = request.photos.flatMap((photo) => {
    const problem = problemOf(photo);
    return problem === undefined ? [] : [`"${photo.name}": ${problem}`];
  });
  if (problems.length === 0) return;
  const more = problems.length > namedProblems ? [`and ${problems.length - namedProblems} more`] : [];
  throw new KdflowError("KDF_EXPORT_PLACE", `the format ${id} cannot name all photos, and nothing was written`, {
    hint: [...problems.slice(0, namedProblems), ...more, "`--format coco` takes any names"],
  });
}

async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await eachAtOnce([...files], async ([name, text]) => {
    const path = join(folder, name);
    try {
      await makeFolder(dirname(path));
      await writeFile(path, text, { flag: "wx" });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new KdflowError("KDF_EXPORT_PLACE", `labels cannot be put into "${folder}": ${reason}`, {
        hint: "remove what was written there, or name another folder with --to",
        cause,
      });
    }
  });
}
