import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { notAChoice } from "../questions/interview.ts";
import { type Answers, type Choice, type Question, type Step, yesOrNo } from "../questions/question.ts";
import { usage } from "../questions/usage.ts";
import { sourceText } from "./found-source.ts";
import type { ScaffoldHost } from "./host.ts";
import type { Knowledge } from "./knowledge.ts";
import { costText, type Student } from "./students.ts";
import { classesQuestion, teacherQuestion } from "./teacher-steps.ts";

/** What an answer of `--budget` means where nothing is too large. */
const noLimit = "any";
const budgets = ["300k", "1M", "3M", "10M", noLimit];
/** So many students are listed, the largest that fit first. */
const mostStudents = 14;

/**
 * The questions of `kdflow init`, in their order.
 *
 * @param given answers that are there beforehand
 */
export function initSteps(knowledge: Knowledge, given: Answers): readonly Step[] {
  // who names a student knows what it weighs
  const isNamed = given.has("student") && !given.has("budget");

  return [
    { flag: "data", question: () => dataQuestion(knowledge) },
    { flag: "image-size", question: (answers) => sizeQuestion(knowledge, answers) },
    { flag: "teacher", question: (answers) => teacherQuestion(knowledge, answers, given) },
    { flag: "classes", question: (answers) => classesQuestion(knowledge, answers, given) },
    { flag: "budget", question: (answers) => (isNamed ? undefined : budgetQuestion(knowledge, answers)) },
    { flag: "student", question: (answers) => studentQuestion(knowledge, answers) },
    { flag: "loss", question: (answers) => lossQuestion(knowledge, answers) },
    { flag: "epochs", question: (answers) => epochsQuestion(knowledge, answers) },
    { flag: "baseline", question: (answers) => baselineQuestion(answers) },
    { flag: "export", question: () => exportQuestion(knowledge) },
    ...targetSteps(knowledge.host),
  ];
}

/** Where to write. */
export function targetSteps(host: ScaffoldHost): readonly Step[] {
  return [
    { flag: "output", question: () => ({ message: "file to write:", fallback: "distill.yaml", read: readOutput }) },
    { flag: "overwrite", question: (answers) => overwriteQuestion(host, answers) },
  ];
}

async function dataQuestion(knowledge: Knowledge): Promise<Question> {
  const sources = await knowledge.sources();
  const choices = sources.map((source) => ({ value: source.value, name: sourceText(source) }));
  return {
    message: "images to learn from:",
    choices,
    other: "another folder",
    fallback: choices[0]?.value ?? ".",
    read: async (answer) => (await knowledge.source(answer)).value,
  };
}

async function sizeQuestion(knowledge: Knowledge, answers: Answers): Promise<Question | undefined> {
  const { usual, wanted } = await knowledge.imageSizes(answers);
  if (wanted === undefined) return undefined;
  return {
    message: "side at which the student sees them, in pixels:",
    choices: wanted.map((side) => ({ value: String(side), name: `${side}×${side}` })),
    other: "another side",
    fallback: String(usual),
    read: (answer) => {
      const side = Number(answer);
      if (Number.isInteger(side) && side >= 8 && side <= 4096) return answer;
      throw usage(`"${answer}" is no side in pixels`, "a whole number of 8 to 4096, of detectors a multiple of 32");
    },
  };
}

async function budgetQuestion(knowledge: Knowledge, answers: Answers): Promise<Question> {
  return {
    message: "most parameters that the student may have:",
    choices: budgets.map((value) => ({ value, name: value === noLimit ? "no limit" : value })),
    other: "another number",
    fallback: (await knowledge.isSmall(answers)) ? "300k" : "1M",
    read: (answer) => {
      if (Number.isNaN(countOf(answer))) throw usage(`"${answer}" is no number of parameters`, "such as 500k or 1.5M");
      return answer;
    },
  };
}

/** `1.5M` → 1 500 000; NaN for what is no number. */
function countOf(text: string): number {
  if (text === noLimit) return Number.POSITIVE_INFINITY;
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kM]?)$/.exec(text) ?? [];
  return Number(digits) * ({ k: 1e3, M: 1e6 }[unit] ?? 1);
}

async function studentQuestion(knowledge: Knowledge, answers: Answers): Promise<Question> {
  const all = await knowledge.students(answers);
  const most = countOf(answers.get("budget") ?? noLimit);
  const fitting = all.filter(({ parameters }) => parameters <= most);
  if (fitting.length === 0) {
    const [smallest] = all;
    if (smallest === undefined)
      throw usage("no network can be built for these images", "--image-size says another size");
    throw usage(
      `no student has at most ${answers.get("budget")} parameters`,
      `the smallest is ${smallest.value}, ${costText(smallest)}: --budget says more`,
    );
  }
  const largestFirst = [...fitting].reverse();
  const choices = choicesOf(largestFirst.slice(0, mostStudents));
  return {
    message: "student:",
    choices,
    fallback: usualStudent(largestFirst).value,
    read: (answer) => {
      const named = largestFirst.find(({ value }) => value === answer || value.split(":")[0] === answer);
      if (named !== undefined) return named.value;
      throw notAChoice(answer, choicesOf(fitting));
    },
  };
}

const choicesOf = (students: readonly Student[]): readonly Choice[] =>
  students.map((student) => ({ value: student.value, name: `${student.value}: ${costText(student)}` }));

/** Networks for phones do less than this many multiply-adds for each weight; those that do more are slow for their size. */
const quickRatio = 40;

/** Of the quick ones that which does most: with few multiply-adds little is learned. */
function usualStudent(largestFirst: readonly Student[]): Student {
  const [largest] = largestFirst;
  if (largest === undefined) throw usage("there is no student to choose from");
  const quick = largestFirst.filter(({ parameters, multiplyAdds }) => multiplyAdds <= quickRatio * parameters);
  return quick.reduce(
    (best, student) => (student.multiplyAdds > best.multiplyAdds ? student : best),
    quick[0] ?? largest,
  );
}

async function lossQuestion(knowledge: Knowledge, answers: Answers): Promise<Question | undefined> {
  const losses = await knowledge.losses(answers);
  if (answers.get("teacher") === "none" || losses.length === 0) return undefined;
  return {
    message: "loss that brings the student to its teacher:",
    choices: losses.map(({ id, summary }) => ({ value: id, name: `${id}: ${summary}` })),
    fallback: losses[0]?.id ?? "",
  };
}

async function epochsQuestion(knowledge: Knowledge, answers: Answers): Promise<Question> {
  return {
    message: "epochs:",
    fallback: String(await knowledge.usualEpochs(answers)),
    read: (answer) => {
      if (/^[1-9]\d*$/.test(answer)) return answer;
      throw usage(`"${answer}" is no number of epochs`, "a whole number, 1 or more");
    },
  };
}

function baselineQuestion(answers: Answers): Question | undefined {
  if (!answers.has("loss")) return undefined;
  const message = "train the student once more without its teacher, to compare?";
  return { message, choices: yesOrNo, fallback: "yes" };
}

async function exportQuestion(knowledge: Knowledge): Promise<Question> {
  const exporters = await knowledge.exporters();
  return {
    message: "export of the student:",
    choices: [
      ...exporters.map(({ id, summary }) => ({ value: id, name: `${id}: ${summary}` })),
      { value: "none", name: "none" },
    ],
    fallback: exporters[0]?.id ?? "none",
  };
}

function readOutput(answer: string): string {
  if (/\.ya?ml$/i.test(answer)) return answer;
  throw usage(`"${answer}" is no name of a YAML file`, "such as distill.yaml");
}

async function overwriteQuestion(host: ScaffoldHost, answers: Answers): Promise<Question | undefined> {
  const file = answers.get("output") ?? "";
  const there = await stat(resolve(host.cwd, file)).catch(() => undefined);
  if (there === undefined) return undefined;
  return { message: `"${file}" is there already; overwrite it?`, choices: yesOrNo, fallback: "no" };
}
