import { type ClassSelection, type Dataset, KdflowError, type Log, type Teacher } from "../../core/index.ts";
import { askTeacher } from "../teachers/ask-teacher.ts";
import { explainChance } from "./explain-chance.ts";
import { answersOf, chanceBound, hitsOf, percent } from "./teacher-sample.ts";

/** Samples asked of the teacher before it labels everything, and the least that say something. */
const askedSamples = 512;
const leastSamples = 50;

/**
 * Asks the teacher for a sample of the validation split, says how many it gets right, and refuses it where it does no
 * better than guessing: its classes, its normalisation or its weights are then not what the data needs. The error says
 * what would be better, where something is.
 *
 * @param selection what of the teacher's answers counts: the classes of the data
 * @throws KDF_TEACHER_CHANCE with the accuracy measured
 */
export async function assertTeacherKnows(
  teacher: Teacher,
  dataset: Dataset,
  selection: ClassSelection,
  log: Log,
  who = "the teacher",
): Promise<void> {
  const split = dataset.splits.validation;
  const count = Math.min(askedSamples, split.count);
  if (count < leastSamples) return;
  const { height, width, channels } = teacher.inputSize;
  const indices = Int32Array.from({ length: count }, (_, i) => Math.floor((i * split.count) / count));
  const pixels = new Uint8Array(count * height * width * channels);
  await split.render(indices, undefined, teacher.inputSize, pixels);
  const labels = indices.map((index) => split.labels[index] ?? 0);
  const sample = { pixels, count, labels, classNames: dataset.classNames, selection };
  const own = async (): Promise<Float32Array> =>
    askTeacher(teacher, count, async (size) => {
      const rendered = new Uint8Array(count * size.height * size.width * size.channels);
      await split.render(indices, undefined, size, rendered);
      return rendered;
    });
  const answers = await answersOf(own, sample);
  const hits = hitsOf(answers, labels);
  const { classes } = selection;
  const bound = chanceBound(classes, count);
  if (hits / count > bound) {
    const message = `${who} gets ${hits} of ${count} validation samples right (${percent(hits / count)})`;
    log.info("teacherAccuracy", { message, accuracy: hits / count, samples: count });
    return;
  }
  throw new KdflowError(
    "KDF_TEACHER_CHANCE",
    `${who} gets ${hits} of ${count} validation samples right; guessing among ${classes} classes gets about ${Math.round(count / classes)}`,
    { hint: [...(await explainChance(teacher, sample, answers)), "nothing was labelled"] },
  );
}
