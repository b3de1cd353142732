import type { Answers, Question } from "../questions/question.ts";
import { usage } from "../questions/usage.ts";
import type { Knowledge } from "./knowledge.ts";
import type { KnownTeacher } from "./known-teacher.ts";
import { isDetection } from "./settled.ts";

/** The answer of `--classes` where a teacher's outputs are the data's classes, in their order. */
export const theDatas = "data";

/** Who teaches: a network that is trained first, a file that knows the data's classes, or nobody. */
export async function teacherQuestion(knowledge: Knowledge, answers: Answers, given: Answers): Promise<Question> {
  const classes = namesFile(given.get("classes"));
  const held = await knowledge.heldTeachers(answers, classes);
  const { supplied } = await knowledge.source(answers.get("data") ?? "");
  const isHeard = (await knowledge.losses(answers)).length > 0;
  // a detector needs many photos; who has a model that knows the classes needs fewer
  const isBoxes = isDetection(supplied.provider.task);
  const fitting = held.find(({ refused, namesClasses }) => refused === undefined && (isBoxes || namesClasses === true));
  const usual = fitting?.value ?? (isBoxes ? "none" : "train");
  const choices = [
    ...(isHeard ? [{ value: "train", name: "train one here, on the labels" }] : []),
    ...held.map(({ value, use, refused }) => ({
      value,
      name: refused === undefined ? `${value} (${use})` : `${value} does not fit: ${refused}`,
    })),
    { value: "none", name: "no teacher: labels alone" },
  ];
  return {
    message: "teacher:",
    choices,
    other: "another file",
    fallback: isHeard ? usual : "none",
    read: async (answer) => {
      if (answer === "none" || (answer === "train" && isHeard)) return answer;
      const teacher = await knowledge.teacher(answer, answers, classes);
      for (const line of teacher.lines) knowledge.host.say(`  ${teacher.value}: ${line}`);
      return teacher.value;
    },
  };
}

/** Asked where a teacher's file does not name its classes: as many as the data's are not yet the same. */
export async function classesQuestion(
  knowledge: Knowledge,
  answers: Answers,
  given: Answers,
): Promise<Question | undefined> {
  const value = answers.get("teacher") ?? "none";
  if (value === "none" || value === "train") return undefined;
  const { named, use } = await knowledge.teacher(value, answers);
  if (named === "model" && !given.has("classes")) return undefined;
  const { found } = await knowledge.source(answers.get("data") ?? "");
  const data = { value: theDatas, name: `the data's, in this order: ${found.classNames.join(", ")}` };
  return {
    message: `names of the classes of ${value} (${use}), which it does not tell:`,
    choices: named === "data" ? [data] : [],
    other: "a file with a name on each line",
    fallback: theDatas,
    needsAnswer: true,
    read: async (answer) => {
      if (answer === theDatas && named === "data") return answer;
      if (answer === theDatas) throw notTheDatas(value, named);
      await knowledge.teacher(value, answers, answer);
      return answer;
    },
  };
}

function namesFile(classes: string | undefined): string | undefined {
  return classes === theDatas ? undefined : classes;
}

function notTheDatas(value: string, named: KnownTeacher["named"]): Error {
  return usage(
    named === "model"
      ? `"${value}" names its classes itself`
      : `"${value}" has another number of classes than the data`,
    "give a file with the name of every output on a line of its own, in their order",
  );
}
