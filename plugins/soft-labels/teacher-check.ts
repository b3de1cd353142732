import { type ClassSelection, type Dataset, KdflowError, type Log, type Teacher } from "../../core/index.ts";
import { sharedBytes } from "../data/made-ahead.ts";
import { askTeacher } from "../teachers/ask-teacher.ts";
import { explainChance } from "./explain-chance.ts";
import { answersOf, chanceBound, evenIndices, hitsOf, percent, type TeacherSample } from "./teacher-sample.ts";

/** Samples asked of the teacher before it labels everything, and the least that say something. */
const askedSamples = 512;
const leastSamples = 50;

/**
 * Asks the teacher for a sample of the validation split, says how many it gets right, and refuses it where it does no
 * better than guessing: its classes, its normalisation or its weights are then not what the data needs. The error says
 * what would be better, where something is. Where the split is too small to tell, that is said.
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
  if (count === 0) return;
  if (count < leastSamples) {
    const message = `${who} is not checked: ${count} validation samples are too few to tell it from guessing (${leastSamples} would do)`;
    log.info("teacherUnchecked", { message, samples: count });
    return;
  }
  const { height, width, channels } = teacher.inputSize;
  const indices = evenIndices(split.count, count);
  const pixels = sharedBytes(count * height * width * channels);
  await split.render(indices, undefined, teacher.inputSize, pixels);
  const labels = indices.map((index) => split.labels[index] ?? 0);
  const sample = { pixels, count, labels, classNames: dataset.classNames, selection };
  const own = async (): Promise<Float32Array> =>
    askTeacher(teacher, count, async (size) => {
      const rendered = sharedBytes(count * size.height * size.width * size.channels);
      await split.render(indices, undefined, size, rendered);
      return rendered;
    });
  const answers = await answersOf(own, sample);
  await judgeAnswers(answers, sample, { who, samples: "validation samples", log }, () =>
    explainChance(teacher, sample, answers),
  );
}

/**
 * Says how many answers are right, and refuses them where they are no better than guesses.
 *
 * @param explain what may be wrong, as hints
 * @throws KDF_TEACHER_CHANCE
 */
export async function judgeAnswers(
  answers: Int32Array,
  { labels, count, selection: { classes } }: TeacherSample,
  { who, samples, log }: { readonly who: string; readonly samples: string; readonly log: Log },
  explain: () => Promise<readonly string[]>,
): Promise<void> {
  if (count < leastSamples) return;
  const hits = hitsOf(answers, labels);
  if (hits / count > chanceBound(classes, count)) {
    const message = `${who} gets ${hits} of ${count} ${samples} right (${percent(hits / count)})`;
    log.info("teacherAccuracy", { message, accuracy: hits / count, samples: count });
    return;
  }
  throw new KdflowError(
    "KDF_TEACHER_CHANCE",
    `${who} gets ${hits} of ${count} ${samples} right; guessing among ${classes} classes gets about ${Math.round(count / classes)}`,
    { hint: [...(await explain()), "nothing was labelled"] },
  );
}
