import type { Answers, Dataset, DatasetSplit, Model, StageContext } from "../../../core/index.ts";
import { classesOf } from "../../tasks/detection/answer-rows.ts";
import { rowAnswers } from "../trace/decode-boxes.ts";

/** Images that are scored at a time. */
const batchSize = 64;

/** The task's main metric on the validation split, of the network and of what was exported of it. */
export interface ExportedScores {
  readonly metric: string;
  readonly split: "validation";
  readonly sampleCount: number;
  readonly trained: Readonly<Record<string, number>>;
  readonly exported: Readonly<Record<string, number>>;
}

export interface ScoreRequest {
  readonly model: Model;
  readonly data: Dataset;
  readonly trained: (pixels: Uint8Array, count: number) => Promise<Answers>;
  readonly exported: (pixels: Uint8Array, count: number) => Promise<Answers>;
  /** Whether the exported answers are boxes that are decoded already. */
  readonly isDecoded: boolean;
}

/** Computes the metric of both, image by image the same. */
export async function exportedScores(request: ScoreRequest, context: StageContext): Promise<ExportedScores> {
  const { model, data, isDecoded } = request;
  const { classNames, imageSize, outputs, task } = model.description;
  const { metric } = context.task(task);
  const split = data.splits.validation;
  const classCount = isDecoded ? classesOf(outputs) : 0;
  const asScored = (answers: Answers, count: number) =>
    isDecoded ? rowAnswers(answers, (answers["boxes"]?.length ?? 0) / 4 / count, classCount) : { answers, outputs };
  const trained = metric.start({ classNames, outputs, imageSize });
  let exported: ReturnType<typeof metric.start> | undefined;
  for (let start = 0; start < split.count; start += batchSize) {
    context.signal.throwIfAborted();
    const count = Math.min(batchSize, split.count - start);
    const indices = Int32Array.from({ length: count }, (_, place) => start + place);
    const pixels = await plainPixels(split, indices, model);
    const rows = { truth: split.truth, indices };
    trained.add(await request.trained(pixels, count), rows);
    const scored = asScored(await request.exported(pixels, count), count);
    exported ??= metric.start({ classNames, outputs: scored.outputs, imageSize });
    exported.add(scored.answers, rows);
    context.progress({ unit: "images", label: "score", done: start + count, total: split.count });
  }
  const { best } = metric;
  return {
    metric: best,
    split: "validation",
    sampleCount: split.count,
    trained: trained.result(),
    exported: exported?.result() ?? {},
  };
}

/** Samples as a model sees them, uint8 `[count, height, width, channels]`. */
export async function plainPixels(
  split: DatasetSplit,
  indices: Int32Array,
  { description: { imageSize } }: Pick<Model, "description">,
): Promise<Uint8Array> {
  const { height, width, channels } = imageSize;
  const pixels = new Uint8Array(indices.length * height * width * channels);
  await split.render(indices, undefined, imageSize, pixels);
  return pixels;
}
