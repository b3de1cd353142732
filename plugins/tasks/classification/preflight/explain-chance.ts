import type { Teacher } from "../../../../core/index.ts";
import { chanceBound, fewerOf, firstAnswers, hitsOf, percent, type TeacherSample } from "./teacher-sample.ts";

/** Samples that every other reading of the teacher is asked for. */
const readingSamples = 256;
/** Pairs of classes that a hint shows. */
const shownPairs = 5;

/** Something that would raise the teacher's accuracy. */
interface Remedy {
  readonly accuracy: number;
  readonly hint: string;
}

/**
 * Looks for what is wrong with a teacher that scores near chance: asks it again with pixels scaled, ordered and laid out
 * in other ways, and looks whether its classes stand in another order. What raises the accuracy most is told, where it
 * raises it above chance.
 *
 * @param answers first class of each answer as things stand
 * @returns hints, at least one
 */
export async function explainChance(teacher: Teacher, sample: TeacherSample, answers: Int32Array): Promise<string[]> {
  const remedies: (Remedy | undefined)[] = [remedyByOrder(answers, sample, "")];
  const few = fewerOf(sample, Math.min(sample.count, readingSamples));
  for (const { options, predict } of teacher.readings ?? []) {
    const other = await firstAnswers(predict, few);
    const accuracy = hitsOf(other, few.labels) / few.count;
    if (accuracy > chanceBound(sample.selection.classes, few.count)) {
      remedies.push({
        accuracy,
        hint: `with \`${options}\` it gets ${percent(accuracy)} right: say so at the teacher`,
      });
    } else remedies.push(remedyByOrder(other, few, ` and \`${options}\``));
  }
  const found = remedies.filter((remedy) => remedy !== undefined).sort((a, b) => b.accuracy - a.accuracy);
  // what changes least comes first among equals, so that grey images are not told to be turned from RGB to BGR
  const [best] = found;
  if (best !== undefined) return [best.hint];
  const tried = (teacher.readings ?? []).length;
  return [
    tried > 0 ? `${tried} other ways to scale and order its pixels are no better, nor is another order of classes` : "",
    "check the teacher's class names and its `classMap`, its pixel normalisation and that it was trained long enough",
  ].filter((hint) => hint !== "");
}

/**
 * Whether each answer stands for another class than it says: on every second sample the class that is most often meant
 * by an answer is learnt, on the others it is tried, so that chance gains nothing by the choice.
 */
function remedyByOrder(
  answers: Int32Array,
  { labels, count, selection, classNames }: TeacherSample,
  also: string,
): Remedy | undefined {
  const { classes } = selection;
  const votes = new Int32Array(classes * classes);
  for (let row = 0; row < count; row += 2) {
    const at = (answers[row] ?? 0) * classes + (labels[row] ?? 0);
    votes[at] = (votes[at] ?? 0) + 1;
  }
  const meant = Array.from({ length: classes }, (_, answer) => {
    const own = votes.subarray(answer * classes, (answer + 1) * classes);
    const most = Math.max(...own);
    return most === 0 ? answer : own.indexOf(most);
  });
  let hits = 0;
  for (let row = 1; row < count; row += 2) if (meant[answers[row] ?? 0] === labels[row]) hits += 1;
  const tried = Math.floor(count / 2);
  const accuracy = hits / tried;
  if (accuracy <= chanceBound(classes, tried)) return undefined;
  const moved = meant.flatMap((target, answer) => (target === answer ? [] : [{ answer, target }]));
  const pairs = moved
    .slice(0, shownPairs)
    .map(({ answer, target }) => `"${classNames[answer]}" where it sees "${classNames[target]}"`);
  const more = moved.length > pairs.length ? ` and ${moved.length - pairs.length} more` : "";
  const hint = `with its classes in another order${also} it gets ${percent(accuracy)} right: it says ${pairs.join(", ")}${more}; correct the order in \`classes\` or the \`classMap\``;
  return { accuracy, hint };
}
