import type {
  AnswerSelection,
  Answers,
  DatasetSplit,
  ImageSize,
  MetricsRow,
  ModelDescription,
  Predictor,
} from "../../../core/index.ts";
import { answerRows, answersOf, rowWidth } from "../../tasks/outputs/answer-rows.ts";
import type { RenderAt } from "../../teachers/asking/ask-teacher.ts";
import type { Scores } from "./metrics-rows.ts";

/** A model that is scored. */
export interface Contestant {
  readonly role: MetricsRow["role"];
  readonly stage: string;
  readonly description: ModelDescription | undefined;
  readonly predictor: Predictor;
  /** Renders what it looks at at its own size, or sizes. */
  readonly ask: (count: number, renderAt: RenderAt) => Promise<Answers>;
  readonly imageSize: ImageSize;
  /** Of a model from outside, without a description. */
  readonly cost?: Scores;
  /** Takes a teacher's answers to the classes of the data; students have no others. */
  readonly selection?: AnswerSelection;
}

/** Answers of the data's classes. */
export function brought(answers: Answers, count: number, { predictor, selection }: Contestant): Answers {
  if (selection === undefined || selection.same) return answers;
  const rows = answerRows(answers, predictor.outputs, count);
  const into = new Float32Array(count * rowWidth(selection.outputs));
  return answersOf(selection.select(rows, count, into), selection.outputs, count);
}

export async function renderPlain(split: DatasetSplit, indices: Int32Array, size: ImageSize): Promise<Uint8Array> {
  const pixels = new Uint8Array(indices.length * size.height * size.width * size.channels);
  await split.render(indices, undefined, size, pixels);
  return pixels;
}
