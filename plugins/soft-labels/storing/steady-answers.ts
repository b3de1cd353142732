import { type Answers, type Dataset, KdflowError, type StageContext, type Teacher } from "../../../core/index.ts";
import { sharedBytes } from "../../data/views/made-ahead.ts";
import { evenIndices } from "../../tasks/classification/preflight/teacher-sample.ts";
import { answerRows, rowWidth } from "../../tasks/outputs/answer-rows.ts";
import { askTeacher } from "../../teachers/asking/ask-teacher.ts";

/** Images that are asked about together, and those of them that are asked about alone. */
const together = 8;
const alone = 3;
/** Differences, in parts of the largest score, that rounding makes, and those up to which an answer may hang on its batch. */
const rounding = 1e-3;
const mostOfBatch = 0.05;

/**
 * Asks the teacher about a few training images twice, and about some of them alone: its answer to an image must be its
 * own. Random operations and batch norm in training mode make it another one each time, or in each batch.
 *
 * @throws KDF_TEACHER_UNSTEADY
 */
export async function assertSteadyAnswers(
  teacher: Teacher,
  dataset: Dataset,
  context: Pick<StageContext, "log" | "signal">,
): Promise<void> {
  const split = dataset.splits.train;
  if (split.count === 0) return;
  const width = rowWidth(teacher.outputs);
  const ask = async (indices: Int32Array): Promise<Float32Array> => {
    context.signal.throwIfAborted();
    const answers: Answers = await askTeacher(teacher, indices.length, async (size) => {
      const pixels = sharedBytes(indices.length * size.height * size.width * size.channels);
      await split.render(indices, undefined, size, pixels);
      return pixels;
    });
    return Float32Array.from(answerRows(answers, teacher.outputs, indices.length));
  };
  const indices = evenIndices(split.count, Math.min(together, split.count));
  const first = await ask(indices);
  const again = relativeDifference(first, await ask(indices));
  if (again > rounding)
    throw unsteady(
      "when it is asked again",
      again,
      "random operations, such as dropout, or batch normalisation in training mode",
    );
  // which of a detector's rows come first may hang on the last bits of a score
  if (!Object.values(teacher.outputs).every(({ kind }) => kind.startsWith("softmax"))) return;
  for (const place of evenIndices(indices.length, Math.min(alone, indices.length))) {
    const own = await ask(indices.slice(place, place + 1));
    const difference = relativeDifference(first.subarray(place * width, (place + 1) * width), own);
    if (difference > mostOfBatch) {
      throw unsteady("in a batch with other images", difference, "batch normalisation in training mode");
    }
    if (difference <= rounding) continue;
    const message = `the teacher's answer to an image hangs on the others of its batch, by ${percent(difference)} of its largest score: labels depend on \`batchSize\``;
    context.log.warn("teacherUnsteady", { message });
    return;
  }
}

/** Largest difference in parts of the largest score; 0 where both are NaN at the same places, which others tell. */
function relativeDifference(one: Float32Array, other: Float32Array): number {
  let most = 0;
  let difference = 0;
  for (const [place, value] of one.entries()) {
    const changed = Math.abs(value - (other[place] ?? Number.NaN));
    if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
    if (Number.isFinite(changed)) difference = Math.max(difference, changed);
  }
  return difference === 0 ? 0 : difference / most;
}

function unsteady(when: string, difference: number, cause: string): KdflowError {
  return new KdflowError(
    "KDF_TEACHER_UNSTEADY",
    `the teacher answers the same image differently ${when}: by ${percent(difference)} of its largest score`,
    {
      hint: [
        `its model may have ${cause}: export it for inference (PyTorch: \`model.eval()\` before the export)`,
        "nothing was labelled",
      ],
    },
  );
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}
