import { type Answers, type Dataset, KdflowError, type Log, type Teacher } from "../../../../core/index.ts";
import { sharedBytes } from "../../../data/views/made-ahead.ts";
import { askTeacher } from "../../../teachers/asking/ask-teacher.ts";
import { classLabels } from "../class-labels.ts";
import { type ClassSelection, selectClasses } from "../class-selection.ts";
import { betterReading } from "./better-reading.ts";
import { explainChance } from "./explain-chance.ts";
import { labelledClasses } from "./labelled-classes.ts";
import { perClass } from "./per-class.ts";
import { chanceBound, evenIndices, firstAnswers, hitsOf, percent, type TeacherSample } from "./teacher-sample.ts";

/** Samples asked of the teacher before it labels everything, and the least that say something. */
const askedSamples = 512;
const leastSamples = 50;

/**
 * Asks the teacher, and the members of an ensemble before it, for a sample of the validation split, says how many each
 * gets right, and refuses one that does no better than guessing: its classes, its normalisation or its weights are then
 * not what the data needs. The error says what would be better, where something is. Where the split is too small to
 * tell, that is said once.
 *
 * @throws KDF_TEACHER_CHANCE with the accuracy measured; KDF_PLAN_CLASSES, KDF_PLAN_CLASS_MAP
 */
export async function assertTeacherKnows(teacher: Teacher, dataset: Dataset, log: Log): Promise<void> {
  const asked = askedTeachers(teacher, dataset);
  const count = Math.min(askedSamples, dataset.splits.validation.count);
  if (count >= leastSamples) {
    for (const each of asked) await assertOneKnows(each, dataset, count, log);
  } else if (count > 0) {
    log.warn("teacherUnchecked", { message: uncheckedText(count, asked.length - 1), samples: count });
  }
}

/** Someone to be asked. */
interface Asked {
  readonly teacher: Teacher;
  /** What messages call it. */
  readonly who: string;
  /** What of its answers counts: the classes of the data. */
  readonly selection: ClassSelection;
}

/** The members of an ensemble, then the teacher itself. */
function askedTeachers(teacher: Teacher, dataset: Dataset): readonly Asked[] {
  const classes = labelledClasses(dataset, teacher);
  const { classMap } = teacher;
  const members = (teacher.ensemble?.members ?? []).map((member, place) => ({
    teacher: member,
    who: `member ${place + 1} of the teacher`,
    selection: selectClasses({ classNames: member.classNames, classMap }, classes),
  }));
  return [...members, { teacher, who: "the teacher", selection: selectClasses(teacher, classes) }];
}

/** One sentence for all who are not asked. */
function uncheckedText(count: number, members: number): string {
  const few = `${count} validation samples are too few to tell`;
  const enough = `from guessing (${leastSamples} would do)`;
  if (members === 0) return `the teacher is not checked: ${few} it ${enough}`;
  const places = Array.from({ length: members }, (_, place) => `${place + 1}`);
  const listed = `${members === 1 ? "member" : "members"} ${new Intl.ListFormat("en-GB").format(places)}`;
  return `the teacher and its ${listed} are not checked: ${few} them ${enough}`;
}

async function assertOneKnows(
  { teacher, who, selection }: Asked,
  dataset: Dataset,
  count: number,
  log: Log,
): Promise<void> {
  const split = dataset.splits.validation;
  const { height, width, channels } = teacher.imageSize;
  const indices = evenIndices(split.count, count);
  const pixels = sharedBytes(count * height * width * channels);
  await split.render(indices, undefined, teacher.imageSize, pixels);
  const truth = classLabels(split);
  const labels = indices.map((index) => truth[index] ?? 0);
  const sample = { pixels, count, labels, classNames: dataset.classNames, selection };
  const own = (): Promise<Answers> =>
    askTeacher(teacher, count, async (size) => {
      const rendered = sharedBytes(count * size.height * size.width * size.channels);
      await split.render(indices, undefined, size, rendered);
      return rendered;
    });
  const answers = await firstAnswers(own, sample);
  await judgeAnswers(answers, sample, { who, samples: "validation samples", log }, () =>
    explainChance(teacher, sample, answers),
  );
  const better = await betterReading(teacher, sample, answers);
  if (better !== undefined) log.warn("teacherReading", { message: `${who}: ${better}` });
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
  const byClass = perClass(answers, labels, classes);
  const isAboveChance = hits / count > chanceBound(classes, count);
  if (isAboveChance && byClass.recall > byClass.bound) {
    const message = `${who} gets ${hits} of ${count} ${samples} right (${percent(hits / count)})`;
    log.info("teacherAccuracy", { message, accuracy: hits / count, samples: count });
    return;
  }
  const right = `${who} gets ${hits} of ${count} ${samples} right`;
  throw new KdflowError(
    "KDF_TEACHER_CHANCE",
    isAboveChance
      ? `${right}, but no more of each class (${percent(byClass.recall)} on average) than the same answers in any order would (${percent(byClass.chance)})`
      : `${right}; guessing among ${classes} classes gets about ${Math.round(count / classes)}`,
    { hint: [...(await explain()), "nothing was labelled"] },
  );
}
