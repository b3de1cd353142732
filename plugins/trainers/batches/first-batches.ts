import { join } from "node:path";
import type { StageContext } from "../../../core/index.ts";
import type { SheetPicture } from "../../data/photos/contact-sheet.ts";
import type { StoredSheet } from "../../data/photos/keep-sheet.ts";
import { type BatchSource, trainBatches } from "./batches.ts";

/** Pictures of the first batches, as far as a sheet is worth looking at. */
const mostPictures = 24;
/** Raise it when the same batches would look another way. */
const sheetFormat = 1;

/**
 * Writes the first batches of a training as pictures: the pixels that the student is given, and on them what it is told
 * of them, where the task draws that. They lie in the store under a key of their own and are no part of the result, so
 * that trainings which see the same batches, a baseline among them, share them.
 *
 * @returns the sheet, which the result must refer to, or `undefined` where the task draws nothing or pixels are not of three channels
 */
export async function writeFirstBatches(
  source: BatchSource,
  { parts, seed }: Pick<StageContext, "parts" | "seed">,
): Promise<StoredSheet | undefined> {
  const { dataset, task, inputSize, batchSize, sampling } = source;
  if (task.truth.marks === undefined || inputSize.channels !== 3) return undefined;
  const first = source.order?.of(0);
  const key = parts.key({
    ...{ kind: "train/firstBatches", format: sheetFormat, data: dataset.digest, viewSpec: dataset.viewSpec },
    ...{ inputSize: { ...inputSize }, batchSize, sampling: sampling ?? "once", seed },
    ...{ order: first === undefined ? null : [...first.subarray(0, mostPictures)] },
    without: source.withoutAt?.(0) ?? [],
  });
  const name = "first-batches.png";
  const found = await parts.find(key);
  if (found !== undefined) return { key, file: join(found, name) };
  const { writeContactSheet } = await import("../../data/photos/contact-sheet.ts");
  const pictures = await firstPictures(source);
  const folder = await parts.commit(key, async (directory) => {
    await writeContactSheet(join(directory, name), pictures);
  });
  return { key, file: join(folder, name) };
}

async function firstPictures(source: BatchSource): Promise<readonly SheetPicture[]> {
  const { dataset, task, inputSize } = source;
  const { train } = dataset.splits;
  const { height, width } = inputSize;
  const pictures: SheetPicture[] = [];
  let number = 0;
  for await (const { indices, inputs, size } of trainBatches(source, [], { epoch: 0, step: 0 }, 1)) {
    number += 1;
    const without = source.withoutAt?.(0);
    const views = dataset.augmented ? Array.from(indices, (at) => dataset.view("train", at, 0, without)) : undefined;
    const marks = task.truth.marks?.({ truth: train.truth, indices, views, imageSize: inputSize }, dataset.classNames);
    const bytes = height * width * 3;
    for (let row = 0; row < size && pictures.length < mostPictures; row++) {
      pictures.push({
        // the batch's memory is used again
        pixels: Uint8Array.from((inputs["pixels"] ?? []).slice(row * bytes, (row + 1) * bytes)),
        ...{ width, height },
        caption: [`batch ${number}, sample ${indices[row]}`],
        marks: marks?.[row] ?? [],
      });
    }
    if (pictures.length >= mostPictures) break;
  }
  return pictures;
}
