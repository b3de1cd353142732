import { resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import type { Answers } from "../questions/question.ts";
import { type FoundSource, findSources, packagedSource, sourceOf } from "./found-source.ts";
import { type FoundTeacher, findTeachers, teacherAt } from "./found-teacher.ts";
import type { ScaffoldHost } from "./host.ts";
import { type KnownTeacher, knowTeacher } from "./known-teacher.ts";
import { type FittingLoss, fittingLosses } from "./losses.ts";
import { detectorEpochs, isDetection } from "./settled.ts";
import { measureStudents, type Student } from "./students.ts";
import { smallSide, usualLength } from "./training.ts";

/** Sides at which photos are usually seen. */
const usualSides: Readonly<Record<"photos" | "boxes", readonly number[]>> = {
  photos: [64, 96, 128, 160, 224],
  boxes: [256, 320, 416, 640],
};
/** So many models are held against the data. */
const mostHeld = 12;

/** A file that was held against the data, with why it is none for them, if so. */
export interface HeldTeacher extends FoundTeacher {
  readonly refused?: string;
  /** True where it tells itself which of the data's classes its outputs are. */
  readonly namesClasses?: boolean;
}

/** What was found out for the questions, each thing once. */
export class Knowledge {
  readonly host: ScaffoldHost;
  readonly #remembered = new Map<string, Promise<unknown>>();

  constructor(host: ScaffoldHost) {
    this.host = host;
  }

  /** Data with images to train on, those of the working directory first. */
  sources(): Promise<readonly FoundSource[]> {
    return this.#once("sources", async () => {
      this.host.say("looking for images and models…");
      const packaged = await packagedSource(this.host);
      const found = (await findSources(this.host)).filter(({ found: { counts } }) => (counts.train ?? 0) > 0);
      return packaged === undefined ? found : [...found, packaged];
    });
  }

  async source(answer: string): Promise<FoundSource> {
    const known = await this.sources();
    return this.#once(`source ${answer}`, () => sourceOf(answer, this.host, known));
  }

  teachers(): Promise<readonly FoundTeacher[]> {
    return this.#once("teachers", () => findTeachers(this.host));
  }

  exporters(): Promise<readonly { readonly id: string; readonly summary: string }[]> {
    return this.#once("exporters", async () => (await this.host.providers("export")).map(({ provider }) => provider));
  }

  /** Sides to choose from, and the usual one; none where the data have a size of their own. */
  async imageSizes(
    answers: Answers,
  ): Promise<{ readonly usual: number; readonly wanted: readonly number[] | undefined }> {
    const { found, supplied } = await this.#sourceOf(answers);
    const properties = (supplied.schema["properties"] ?? {}) as Readonly<Record<string, unknown>>;
    const shorter = found.sizes.map(([height, width]) => Math.min(height, width)).sort((one, other) => one - other);
    const typical = shorter[Math.floor(shorter.length / 2)] ?? smallSide;
    if (!("imageSize" in properties)) return { usual: typical, wanted: undefined };
    const isBoxes = isDetection(supplied.provider.task);
    const wanted = usualSides[isBoxes ? "boxes" : "photos"];
    const most = isBoxes ? 320 : Math.min(128, typical);
    return { usual: wanted.findLast((side) => side <= most) ?? wanted[0] ?? typical, wanted };
  }

  async isSmall(answers: Answers): Promise<boolean> {
    const { usual } = await this.imageSizes(answers);
    return Number(answers.get("image-size") ?? usual) <= smallSide;
  }

  /** Every network that can be built for the data, smallest first. */
  async students(answers: Answers): Promise<readonly Student[]> {
    const source = await this.#sourceOf(answers);
    const size = answers.get("image-size");
    return this.#once(`students ${source.value} ${size}`, () => {
      this.host.say("counting the weights of the students…");
      return measureStudents(this.host, source, size === undefined ? undefined : Number(size));
    });
  }

  /** The losses for the chosen student, or for any. */
  async losses(answers: Answers): Promise<readonly FittingLoss[]> {
    const { supplied } = await this.#sourceOf(answers);
    const students = await this.students(answers);
    const student = students.find(({ value }) => value === answers.get("student")) ?? students[0];
    if (student === undefined) return [];
    const fitting = await fittingLosses(this.host, supplied.provider.task, student);
    // the plainest of them is the usual one
    const plainest = fitting.findIndex(({ id }) => id === "kd");
    return plainest < 0
      ? fitting
      : [...fitting.slice(plainest, plainest + 1), ...fitting.filter((_, at) => at !== plainest)];
  }

  /**
   * A teacher's file, held against the data.
   *
   * @throws what its provider says of it while planning, and KDF_PLAN_CLASSES where it does not know the data's classes
   */
  async teacher(answer: string, answers: Answers, classes?: string): Promise<KnownTeacher> {
    const source = await this.#sourceOf(answers);
    return this.#once(`teacher ${answer} ${source.value} ${classes}`, async () => {
      const file = classes === undefined ? undefined : resolve(this.host.cwd, classes);
      return knowTeacher(this.host, source, await teacherAt(answer, this.host), file);
    });
  }

  /** The files that were found, each with why it is none for these data, if so. */
  async heldTeachers(answers: Answers, classes?: string): Promise<readonly HeldTeacher[]> {
    const held = (await this.teachers()).slice(0, mostHeld).map(async (teacher) => {
      try {
        const { named } = await this.teacher(teacher.value, answers, classes);
        return { ...teacher, namesClasses: named === "model" };
      } catch (error) {
        if (error instanceof KdflowError) return { ...teacher, refused: error.message };
        throw error;
      }
    });
    return [...(await Promise.all(held)), ...(await this.teachers()).slice(mostHeld)];
  }

  /** So many that a training has updates enough. */
  async usualEpochs(answers: Answers): Promise<number> {
    const { found, supplied } = await this.#sourceOf(answers);
    if (isDetection(supplied.provider.task)) return detectorEpochs(found.counts.train ?? 1);
    const { usual } = await this.imageSizes(answers);
    return usualLength(found.counts.train ?? 1, Number(answers.get("image-size") ?? usual));
  }

  #sourceOf(answers: Answers): Promise<FoundSource> {
    return this.source(answers.get("data") ?? "");
  }

  /** Failures are not remembered: what was wrong may have been mended meanwhile. */
  #once<T>(name: string, find: () => Promise<T>): Promise<T> {
    const known = this.#remembered.get(name) as Promise<T> | undefined;
    const found = known ?? find();
    this.#remembered.set(name, found);
    found.catch(() => this.#remembered.delete(name));
    return found;
  }
}
