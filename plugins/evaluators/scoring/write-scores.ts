import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  Answers,
  Dataset,
  DatasetSplit,
  Metrics,
  MetricsRow,
  Model,
  ModelDescription,
  PortValues,
  StageContext,
  Teacher,
} from "../../../core/index.ts";
import { keepSheet } from "../../data/photos/keep-sheet.ts";
import { assertDataset } from "../../data/samples/assert-dataset.ts";
import { classificationId } from "../../tasks/classification/names.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { alignAnswers } from "../../tasks/outputs/answer-rows.ts";
import { askTeacher } from "../../teachers/asking/ask-teacher.ts";
import { calibrationWarning } from "./calibration-warning.ts";
import { brought, type Contestant, renderPlain } from "./contestant.ts";
import { measureAll } from "./measure-latency.ts";
import { rowsOf, type Scores } from "./metrics-rows.ts";
import { nothingToScore } from "./nothing-to-score.ts";
import type { ScoresOptions } from "./scores-evaluator.ts";
import { backendForSmallWork, isSmallWork } from "./small-work.ts";
import { termsByStage } from "./terms-by-stage.ts";
import { type SampleScores, verdictOf } from "./verdict.ts";
import type { ScoredDetections } from "./worst-sheet.ts";

/** What one model reaches, and its main metric by sample. */
interface Scored {
  readonly scores: Scores;
  readonly samples: ArrayLike<number> | undefined;
  /** What was scored, by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Scores every model on the same split and writes what is equal everywhere apart from what was measured here. */
export async function writeScores(options: ScoresOptions, inputs: PortValues, context: StageContext): Promise<void> {
  const data = inputs["data"] as Dataset;
  assertDataset(data, context);
  const split = data.splits[options.split];
  if (split.count === 0) throw nothingToScore(options.split);
  await checkDetector(inputs["teacher"] as Teacher | undefined, data, split, context);
  const contestants: Contestant[] = [];
  try {
    for await (const contestant of gather(inputs, data, split.count, context)) contestants.push(contestant);
    const details: Record<string, unknown> = {};
    const shown = await pictureChoice(contestants, data, split);
    const scored = await scoreAll(contestants, data, split, options, details, context, shown?.add);
    await shown?.write(context.outputDir);
    await tellWorst(contestants, scored, data, split, context);
    const rows = rowsOf(
      contestants,
      scored.map(({ scores }) => scores),
    );
    const { names, best } = context.task(data.task).metric;
    const verdict = verdictOf(samplesOf(contestants, scored), best, names[best], context.rng("bootstrap"));
    const suffered = calibrationWarning(rows);
    if (suffered !== undefined) context.log.warn("calibration", { message: suffered });
    const told = { task: data.task, names, split: options.split, sampleCount: split.count, rows };
    const terms = termsByStage(contestants);
    const beside = {
      ...(verdict && { verdict }),
      ...(terms && { terms }),
      ...(Object.keys(details).length > 0 && { details }),
    };
    const metrics: Metrics = { ...told, ...beside };
    await writeFile(join(context.outputDir, "metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
    const measurements = await measureAll(contestants, { data, split, options, context });
    await writeFile(join(context.outputDir, "measurements.json"), `${JSON.stringify(measurements, null, 2)}\n`);
  } finally {
    // the teacher belongs to whoever opened it
    for (const { predictor, role } of contestants) if (role !== "teacher") predictor.dispose();
  }
}

/**
 * Looks whether a detector from outside is read as it was trained, before all of the split is scored: whoever has no
 * validation photos is asked about those that are scored.
 */
async function checkDetector(
  teacher: Teacher | undefined,
  data: Dataset,
  split: DatasetSplit,
  context: StageContext,
): Promise<void> {
  if (data.task !== detectionId || teacher?.readings === undefined) return;
  context.signal.throwIfAborted();
  const { validation } = data.splits;
  const asked = { ...data, splits: { ...data.splits, validation: validation.count > 0 ? validation : split } };
  await context.task(data.task).preflight?.(teacher, asked, context.log);
}

/** Draws the photos that teacher and student find hardest, for detectors. */
async function tellWorst(
  contestants: readonly Contestant[],
  scored: readonly Scored[],
  data: Dataset,
  split: DatasetSplit,
  context: StageContext,
): Promise<void> {
  if (data.task !== detectionId) return;
  const models = (["teacher", "student"] as const).flatMap((role): ScoredDetections[] => {
    const results = scored[contestants.findIndex((contestant) => contestant.role === role)]?.files["detections.json"];
    return results === undefined ? [] : [{ role, results }];
  });
  const { writeWorstSheet } = await import("./worst-sheet.ts");
  const sheet = await writeWorstSheet(models, data, split, context);
  if (sheet === undefined) return;
  context.log.info("worstPhotos", {
    message: `the photos with most errors, beside what is there: ${sheet.file}`,
    file: sheet.file,
  });
  await keepSheet(context.outputDir, sheet);
}

/** Of the first student, or of what is judged in its place, a few images for the report; for classifiers. */
async function pictureChoice(contestants: readonly Contestant[], data: Dataset, split: DatasetSplit) {
  const judged = contestants.find(({ role }) => role === "student") ?? contestants[0];
  if (data.task !== classificationId || judged === undefined) return undefined;
  const { PictureChoice } = await import("./shown-pictures.ts");
  const choice = new PictureChoice(split, data.classNames);
  return {
    add(contestant: Contestant, answers: Answers, indices: Int32Array): void {
      if (contestant === judged) choice.add(answers, indices);
    },
    async write(outputDir: string): Promise<void> {
      const pictures = await choice.draw(judged.imageSize);
      await writeFile(join(outputDir, "pictures.json"), `${JSON.stringify(pictures)}\n`);
    },
  };
}

async function* gather(
  inputs: Readonly<Record<string, unknown>>,
  data: Dataset,
  images: number,
  context: StageContext,
): AsyncGenerator<Contestant> {
  const backend = isSmallWork(images) ? backendForSmallWork(context.backend) : context.backend;
  const teacher = inputs["teacher"] as Teacher | undefined;
  if (teacher !== undefined) {
    yield {
      role: "teacher",
      stage: context.inputStages("teacher")[0] ?? "teacher",
      description: teacher.description,
      predictor: teacher,
      ask: (count, renderAt) => askTeacher(teacher, count, renderAt),
      imageSize: teacher.imageSize,
      ...(teacher.cost && { cost: teacher.cost }),
      selection: alignAnswers(context.task(data.task), teacher, data.classNames),
    };
  }
  for (const [role, port] of [
    ["student", "model"],
    ["baseline", "baseline"],
  ] as const) {
    const stages = context.inputStages(port);
    for (const [i, model] of ((inputs[port] ?? []) as readonly Model[]).entries()) {
      context.signal.throwIfAborted();
      const predictor = await model.load(backend, context.log);
      const { description } = model;
      const { imageSize } = description;
      const ask: Contestant["ask"] = async (count, renderAt) => predictor.predict(await renderAt(imageSize), count);
      yield { role, stage: stages[i] ?? port, description, predictor, ask, imageSize };
    }
  }
}

async function scoreAll(
  contestants: readonly Contestant[],
  data: Dataset,
  split: DatasetSplit,
  options: ScoresOptions,
  details: Record<string, unknown>,
  context: StageContext,
  onAnswers?: (contestant: Contestant, answers: Answers, indices: Int32Array) => void,
): Promise<Scored[]> {
  const { metric } = context.task(data.task);
  const { truth } = split;
  const { batchSize } = options;
  const scored: Scored[] = [];
  // of the teacher, one for each batch
  const references: Answers[] = [];
  for (const [i, contestant] of contestants.entries()) {
    const outputs = contestant.selection?.outputs ?? contestant.predictor.outputs;
    const unknown = contestant.selection?.unknown;
    const scorer = metric.start({
      classNames: data.classNames,
      outputs,
      imageSize: contestant.imageSize,
      options,
      ...(unknown && { unknown }),
    });
    let done = 0;
    for (let start = 0; start < split.count; start += batchSize) {
      context.signal.throwIfAborted();
      const size = Math.min(batchSize, split.count - start);
      const indices = Int32Array.from({ length: size }, (_, place) => start + place);
      const asked = await contestant.ask(size, (at) => renderPlain(split, indices, at));
      const answers = brought(asked, size, contestant);
      onAnswers?.(contestant, answers, indices);
      scorer.add(
        answers,
        { truth, indices },
        contestant.role === "teacher" ? undefined : references[start / batchSize],
      );
      if (contestant.role === "teacher" && metric.comparesTeacher !== false) references.push(answers);
      done += size;
      context.progress({
        unit: "images",
        label: contestant.stage,
        done: i * split.count + done,
        total: contestants.length * split.count,
      });
    }
    const scores = { ...scorer.result(), ...(costOf(contestant.description) ?? contestant.cost) };
    const files = scorer.files?.() ?? {};
    scored.push({ scores, samples: scorer.samples?.(), files });
    const told = scorer.details?.();
    if (told !== undefined) details[contestant.stage] = told;
    await writeFiles(files, contestant.stage, context.outputDir);
  }
  return scored;
}

/** What was scored, in a folder for each stage. */
async function writeFiles(files: Readonly<Record<string, string>>, stage: string, outputDir: string): Promise<void> {
  const entries = Object.entries(files);
  if (entries.length === 0) return;
  const folder = join(outputDir, stage);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of entries) await writeFile(join(folder, name), content);
}

function costOf(description: ModelDescription | undefined): Scores | undefined {
  if (description === undefined) return undefined;
  const { parameters, multiplyAdds, sizeBytes } = description;
  return { parameters, multiplyAdds, sizeBytes };
}

/** Main metrics by sample, of the models of each role that have them. */
function samplesOf(contestants: readonly Contestant[], scored: readonly Scored[]): SampleScores {
  const of = (role: MetricsRow["role"]) =>
    scored.flatMap(({ samples }, i) => (samples !== undefined && contestants[i]?.role === role ? [samples] : []));
  return { teacher: of("teacher"), student: of("student"), baseline: of("baseline") };
}
