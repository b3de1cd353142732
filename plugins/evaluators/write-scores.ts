import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ClassSelection,
  type Dataset,
  type DatasetSplit,
  type Metrics,
  type MetricsRow,
  type Model,
  type ModelDescription,
  type PortValues,
  type Predictor,
  type StageContext,
  selectClasses,
  type Teacher,
} from "../../core/index.ts";
import type { EvaluateClassificationOptions } from "../options.ts";
import { plainBatches } from "../trainers/batches.ts";
import { agreement, classificationScores } from "./classification-scores.ts";
import { medianLatencyMs } from "./latency.ts";

interface Contestant {
  readonly role: MetricsRow["role"];
  readonly stage: string;
  readonly description: ModelDescription | undefined;
  readonly predictor: Predictor;
  /** Takes a teacher's answers to the classes of the data; students have no others. */
  readonly selection?: ClassSelection;
}

type Scores = Readonly<Record<string, number>>;

/** Scores every model on the same split and writes what is equal everywhere apart from what was measured here. */
export async function writeScores(
  options: EvaluateClassificationOptions,
  inputs: PortValues,
  context: StageContext,
): Promise<void> {
  const data = inputs["data"] as Dataset;
  const split = data.splits[options.split];
  const contestants: Contestant[] = [];
  try {
    for await (const contestant of gather(inputs, data, context)) contestants.push(contestant);
    const scored = await scoreAll(contestants, data, split, options.batchSize, context);
    const measured = await measureAll(contestants, data, options.latencyRuns);
    const rows = rowsOf(contestants, scored);
    const metrics: Metrics = { task: "classification", split: options.split, sampleCount: split.count, rows };
    await writeFile(join(context.outputDir, "metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
    const measurements = rowsOf(contestants, measured);
    await writeFile(join(context.outputDir, "measurements.json"), `${JSON.stringify(measurements, null, 2)}\n`);
  } finally {
    // the teacher belongs to whoever opened it
    for (const { predictor, role } of contestants) if (role !== "teacher") predictor.dispose();
  }
}

async function* gather(
  inputs: Readonly<Record<string, unknown>>,
  data: Dataset,
  context: StageContext,
): AsyncGenerator<Contestant> {
  const teacher = inputs["teacher"] as Teacher | undefined;
  if (teacher !== undefined) {
    yield {
      role: "teacher",
      stage: context.inputStages("teacher")[0] ?? "teacher",
      description: teacher.description,
      predictor: teacher,
      selection: selectClasses(teacher, data.classNames),
    };
  }
  for (const [role, port] of [
    ["student", "model"],
    ["baseline", "baseline"],
  ] as const) {
    const stages = context.inputStages(port);
    for (const [i, model] of ((inputs[port] ?? []) as readonly Model[]).entries()) {
      context.signal.throwIfAborted();
      const predictor = await model.load(context.backend, context.log);
      yield { role, stage: stages[i] ?? port, description: model.description, predictor };
    }
  }
}

async function scoreAll(
  contestants: readonly Contestant[],
  data: Dataset,
  split: DatasetSplit,
  batchSize: number,
  context: StageContext,
): Promise<Scores[]> {
  const classes = data.classNames.length;
  const scored: Scores[] = [];
  let teacherLogits: Float32Array | undefined;
  for (const [i, contestant] of contestants.entries()) {
    const logits = new Float32Array(split.count * classes);
    const scratch = new Float32Array(batchSize * classes);
    let done = 0;
    for await (const batch of plainBatches(split, sizeOf(contestant, data), batchSize)) {
      context.signal.throwIfAborted();
      const answers = await contestant.predictor.predict(batch.pixels, batch.size);
      const known = contestant.selection?.select(answers, batch.size, scratch) ?? answers;
      logits.set(known.subarray(0, batch.size * classes), done * classes);
      done += batch.size;
      context.progress({
        unit: "images",
        label: contestant.stage,
        done: i * split.count + done,
        total: contestants.length * split.count,
      });
    }
    const scores = classificationScores(logits, split.labels, classes);
    if (contestant.role === "teacher") teacherLogits = logits;
    const agreed =
      teacherLogits === undefined || contestant.role === "teacher"
        ? {}
        : { agreement: agreement(logits, teacherLogits, classes) };
    scored.push({ ...scores, ...agreed, ...costOf(contestant.description) });
  }
  return scored;
}

function sizeOf({ description }: Contestant, data: Dataset) {
  return description?.inputSize ?? data.imageSize;
}

function costOf(description: ModelDescription | undefined): Scores {
  if (description === undefined) return {};
  const { parameters, multiplyAdds, sizeBytes } = description;
  return { parameters, multiplyAdds, sizeBytes };
}

async function measureAll(contestants: readonly Contestant[], data: Dataset, runs: number): Promise<Scores[]> {
  const measured: Scores[] = [];
  for (const contestant of contestants) {
    const size = sizeOf(contestant, data);
    measured.push(runs === 0 ? {} : { latencyMs: await medianLatencyMs(contestant.predictor, size, runs) });
  }
  return measured;
}

/** One row per role; numbers over several stages become mean and standard deviation (n − 1). */
function rowsOf(contestants: readonly Contestant[], scored: readonly Scores[]): MetricsRow[] {
  return (["teacher", "student", "baseline"] as const).flatMap((role) => {
    const indices = contestants.flatMap((contestant, i) => (contestant.role === role ? [i] : []));
    if (indices.length === 0) return [];
    const stages = indices.map((i) => contestants[i]?.stage ?? role);
    const names = Object.keys(scored[indices[0] as number] ?? {});
    const metrics = names.map(
      (name) => [name, meanAndSd(indices.map((i) => scored[i]?.[name] ?? Number.NaN))] as const,
    );
    return [{ role, stages, metrics: Object.fromEntries(metrics) }];
  });
}

function meanAndSd(values: readonly number[]): { mean: number; sd: number | null } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}
