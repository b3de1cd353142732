import type { Answers, Dataset, Model, StageContext } from "../../../core/index.ts";
import { classesOf } from "../../tasks/detection/answer-rows.ts";
import { plainPixels } from "../onnx/exported-scores.ts";
import { rowAnswers } from "../trace/decode-boxes.ts";
import { spreadIndices } from "./calibration-pixels.ts";

/** Images that are scored at a time. */
const batchSize = 32;

export interface SampledRequest {
  readonly model: Model;
  readonly data: Dataset;
  /** Most validation images that are looked at, spread over the split. */
  readonly most: number;
  readonly answer: (pixels: Uint8Array, count: number) => Promise<Answers>;
  /** Whether the answers are boxes that are decoded already. */
  readonly isDecoded: boolean;
}

/** The task's metrics of whatever answers, on part of the validation split. */
export async function sampledScores(
  { model, data, most, answer, isDecoded }: SampledRequest,
  context: StageContext,
): Promise<Readonly<Record<string, number>>> {
  const { classNames, imageSize, outputs, task } = model.description;
  const split = data.splits.validation;
  const chosen = spreadIndices(split.count, most);
  let scorer: ReturnType<ReturnType<StageContext["task"]>["metric"]["start"]> | undefined;
  for (let start = 0; start < chosen.length; start += batchSize) {
    context.signal.throwIfAborted();
    const indices = chosen.slice(start, start + batchSize);
    const count = indices.length;
    const given = await answer(await plainPixels(split, indices, model), count);
    const rows = (given["boxes"]?.length ?? 0) / 4 / count;
    const scored = isDecoded ? rowAnswers(given, rows, classesOf(outputs)) : { answers: given, outputs };
    scorer ??= context.task(task).metric.start({ classNames, outputs: scored.outputs, imageSize });
    scorer.add(scored.answers, { truth: split.truth, indices });
    context.progress({ unit: "images", label: "score", done: start + count, total: chosen.length });
  }
  return scorer?.result() ?? {};
}
