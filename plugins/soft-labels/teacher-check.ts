import { type ClassSelection, type Dataset, KdflowError, type Teacher } from "../../core/index.ts";
import { sharedBytes } from "../data/made-ahead.ts";

/** Samples asked of the teacher before it labels everything, and the least that say something. */
const askedSamples = 512;
const leastSamples = 50;

/** Standard deviations above chance that a teacher must reach: guessing does so about once in 700 tries. */
const deviations = 3;

/**
 * Asks the teacher for a sample of the validation split and refuses it where it does no better than guessing: its
 * classes, its normalisation or its weights are then not what the data needs.
 *
 * @param selection what of the teacher's answers counts: the classes of the data
 * @throws KDF_TEACHER_CHANCE with the accuracy measured
 */
export async function assertTeacherKnows(teacher: Teacher, dataset: Dataset, selection: ClassSelection): Promise<void> {
  const split = dataset.splits.validation;
  const count = Math.min(askedSamples, split.count);
  if (count < leastSamples) return;
  const { height, width, channels } = teacher.inputSize;
  const indices = Int32Array.from({ length: count }, (_, i) => Math.floor((i * split.count) / count));
  const pixels = sharedBytes(count * height * width * channels);
  await split.render(indices, undefined, teacher.inputSize, pixels);
  const { classes } = selection;
  const logits = selection.select(await teacher.predict(pixels, count), count, new Float32Array(count * classes));
  const hits = indices.filter((index, i) => isFirst(logits, i * classes, classes, split.labels[index] ?? 0)).length;
  const chance = 1 / classes;
  const bound = chance + deviations * Math.sqrt((chance * (1 - chance)) / count);
  if (hits / count > bound) return;
  throw new KdflowError(
    "KDF_TEACHER_CHANCE",
    `the teacher gets ${hits} of ${count} validation samples right; guessing among ${classes} classes gets about ${Math.round(count * chance)}`,
    {
      hint: [
        "check the teacher's class names and its `classMap`, its pixel normalisation and that it was trained long enough",
        "nothing was labelled",
      ],
    },
  );
}

function isFirst(logits: Float32Array, start: number, classes: number, label: number): boolean {
  const row = logits.subarray(start, start + classes);
  return row.indexOf(Math.max(...row)) === label;
}
