import { KdflowError, type SoftLabels } from "../../../core/index.ts";
import { detectionTruth } from "../../tasks/detection/detection-truth.ts";
import { movedNumbers, moveRows, type PhotoWithRows, readingOf } from "../../tasks/detection/move-rows.ts";
import { photosOf, shownPhotos } from "../../tasks/detection/shown-photos.ts";
import { alignAnswers, rowWidth } from "../../tasks/outputs/answer-rows.ts";
import type { BatchFiller, BatchRows, SampleSource } from "./batch-filler.ts";
import { type BatchBinding, roomFor, type StepInput } from "./step-input.ts";

const rowsName = "teacherRows";
const knownName = "teacherKnown";

/**
 * A detector's boxes on the photos, moved as each view moves the boxes of the truth: those of the plain photos, or those
 * that it found in the very view.
 *
 * - `teacherRows` `[batch, rows, 6 + classes]`, rows as many as are stored of a photo for each photo that a view may show: 1, or 0 for a row that is not there; left, top, right and bottom in pixels
 *   of the student's input; objectness and classes as probabilities, whose products are the teacher's scores
 * - `teacherKnown` `[classes]`: 1 for classes of the data that the teacher knows, 0 for others, of which it says nothing
 */
export const movedRowsInput: StepInput = {
  answers: (name) => name === rowsName || name === knownName,
  bind(name, { name: term }, { source: { dataset, task, softLabels } }) {
    if (softLabels?.content !== "detections") {
      throw new KdflowError("KDF_TRAIN_INPUT", `the loss term "${term}" takes ${name}: boxes of a detector`, {
        hint: "add the stage `softLabels: detections`, or `online`",
      });
    }
    const { classNames, mixes, photos = mixes === true ? 2 : 1 } = dataset;
    if (name === knownName) {
      const { unknown } = readingOf(softLabels, classNames);
      const values = Float32Array.from(classNames, (_, id) => (unknown.includes(id) ? 0 : 1));
      return { from: "constant", key: name, shape: [classNames.length], values };
    }
    const [output] = Object.values(alignAnswers(task, softLabels, classNames).outputs);
    const [top = 0] = output?.shape ?? [];
    return {
      from: "batch",
      key: name,
      shape: [top * photos, movedNumbers + classNames.length],
      dtype: "float32",
      output,
    };
  },
  filler: movedRowsFiller,
};

function movedRowsFiller([binding]: readonly BatchBinding[], source: SampleSource): BatchFiller {
  const { dataset, softLabels, inputSize } = source;
  if (binding === undefined || softLabels === undefined) {
    throw new KdflowError("KDF_INTERNAL", "moved rows are filled without a binding or soft labels");
  }
  const reading = readingOf(softLabels, dataset.classNames);
  return {
    slot(batchSize) {
      const values = roomFor(binding, batchSize) as Float32Array;
      const width = values.length / batchSize;
      return {
        async ahead(batch) {
          const truth = detectionTruth(batch.split);
          const shown = Array.from(batch.chosen, (index, row) =>
            shownPhotos(index, batch.views?.[row], truth, inputSize),
          );
          const rows = await rowsOfPhotos(softLabels, batch, source);
          let photo = 0;
          for (const [row, photos] of shown.entries()) {
            const own = photos.map((each): PhotoWithRows => ({ ...each, rows: rows[photo++] ?? new Float32Array() }));
            moveRows(own, reading, values.subarray(row * width, (row + 1) * width));
          }
        },
        given: (size) => ({ [binding.key]: values.subarray(0, size * width) }),
      };
    },
  };
}

/** Stored rows of every photo of a batch, photo by photo in the order in which views show them, of the data's classes. */
async function rowsOfPhotos(
  labels: SoftLabels,
  { chosen, views, viewNumbers }: Pick<BatchRows, "chosen" | "views" | "viewNumbers">,
  { task, dataset }: SampleSource,
): Promise<Float32Array[]> {
  const shown = Array.from(chosen, (index, row) => photosOf(index, views?.[row]));
  const images = shown.flat();
  // rows of plain photos are the same in every view; others are of views that show one photo
  const numbers = Uint16Array.from(shown.flatMap((own, row) => own.map(() => viewNumbers[row] ?? 0)));
  const selection = alignAnswers(task, labels, dataset.classNames);
  const own = new Float32Array(images.length * rowWidth(labels.outputs));
  await labels.read(images, numbers, own);
  const width = rowWidth(selection.outputs);
  const into = new Float32Array(selection.same ? 0 : images.length * width);
  const rows = selection.select(own, images.length, into);
  return images.map((_, at) => rows.subarray(at * width, (at + 1) * width));
}
