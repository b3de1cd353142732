import { KdflowError } from "../../../core/index.ts";
import { sharedBytes } from "../../data/views/made-ahead.ts";
import { answerRows } from "../../tasks/outputs/answer-rows.ts";
import { askTeacher, type RenderAt } from "../../teachers/asking/ask-teacher.ts";
import { type LabelJob, type LabelRow, storedOutputs } from "./label-job.ts";

/**
 * Asks the teacher about some rows, each rendered at the teacher's own image size.
 *
 * @returns all outputs of a row one after the other, `[rows, width]`
 * @throws KDF_TENSORS_SHAPE, KDF_TEACHER_NOT_FINITE naming the first sample whose logits hold NaN
 */
export async function labelRows(
  job: Pick<LabelJob, "dataset" | "teacher" | "layout" | "taps" | "answers">,
  rows: readonly LabelRow[],
): Promise<Float32Array> {
  const { dataset, layout, answers } = job;
  const logits = await (answers?.(rows) ?? askRows(job, rows));
  if (logits.length !== rows.length * layout.classes) {
    throw new KdflowError(
      "KDF_TENSORS_SHAPE",
      `the teacher gave ${logits.length} logits for ${rows.length} images, wanted ${rows.length * layout.classes}`,
      { hint: `it names ${layout.classes} classes` },
    );
  }
  const wrong = logits.findIndex(Number.isNaN);
  if (wrong >= 0) throw notFinite(rows[Math.floor(wrong / layout.classes)], wrong % layout.classes, dataset);
  return logits;
}

async function askRows(
  job: Pick<LabelJob, "dataset" | "teacher" | "taps">,
  rows: readonly LabelRow[],
): Promise<Float32Array> {
  const { dataset, teacher } = job;
  const stored = storedOutputs(job);
  const samples = rows.map(({ sample }) => sample);
  const views = rows.map(({ sample, view }) => dataset.view("train", sample, view));
  const render: RenderAt = async (size) => {
    const pixels = sharedBytes(rows.length * size.height * size.width * size.channels);
    await dataset.splits.train.render(samples, views, size, pixels);
    return pixels;
  };
  const names = job.taps === undefined ? undefined : Object.keys(stored);
  return answerRows(await askTeacher(teacher, rows.length, render, names), stored, rows.length);
}

function notFinite(row: LabelRow | undefined, classIndex: number, dataset: LabelJob["dataset"]): KdflowError {
  const sample = row?.sample ?? 0;
  return new KdflowError(
    "KDF_TEACHER_NOT_FINITE",
    `the teacher's logit of class ${classIndex} is NaN for training sample ${sample}, view ${row?.view ?? 0}`,
    {
      hint: [
        `the record's digest is ${dataset.splits.train.digests[sample]}`,
        "check the teacher's weights and its input range",
      ],
    },
  );
}
