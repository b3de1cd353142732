import {
  type AnswerSelection,
  alignAnswers,
  answerRows,
  type Dataset,
  type DatasetSplit,
  type ImageSize,
  type Rng,
  rowWidth,
  type SoftLabels,
  type Task,
  type Teacher,
  type View,
} from "../../core/index.ts";
import { madeAhead, ringSlots, sharedBytes } from "../data/made-ahead.ts";
import { classLabels } from "../tasks/classification/class-labels.ts";
import { askTeacher } from "../teachers/ask-teacher.ts";
import { epochOrder, type Sampling } from "./epoch-order.ts";
import type { SampleOrder } from "./mixed-order.ts";

export interface BatchSource {
  readonly dataset: Dataset;
  /** That of the dataset. */
  readonly task: Task;
  readonly inputSize: ImageSize;
  readonly batchSize: number;
  /** Views per sample; `undefined` gives a fresh view in every epoch. */
  readonly views: number | undefined;
  readonly softLabels: SoftLabels | undefined;
  /** Asked for every batch where there are no soft labels. */
  readonly teacher: Teacher | undefined;
  /** Every sample once where left out. */
  readonly sampling?: Sampling | undefined;
  /** The order of an epoch's samples, where nothing else says it. */
  orderOf(epoch: number): Rng;
  /** Which samples an epoch shows; each one once unless given. */
  readonly order?: SampleOrder | undefined;
}

/** One batch in host buffers, which a later batch overwrites once the next one is asked for. */
export interface Batch {
  readonly size: number;
  readonly indices: Int32Array;
  /** uint8 `[batch, height, width, channels]` */
  readonly pixels: Uint8Array;
  /** `[batch]` */
  readonly labels: Int32Array;
  /** There where the dataset mixes: the partners' labels and the shares of the rows' own, 1 where nothing is mixed. */
  readonly mixed?: { readonly secondLabels: Int32Array; readonly labelShares: Float32Array };
  /** The teacher's, of the data's classes, `[batch, classes]`; `undefined` without a teacher */
  readonly teacherLogits: Float32Array | undefined;
}

export function samplesPerEpoch({ dataset, order }: BatchSource): number {
  return order?.count ?? dataset.splits.train.count;
}

export function stepsPerEpoch(source: BatchSource): number {
  return Math.ceil(samplesPerEpoch(source) / source.batchSize);
}

/**
 * The batches of one epoch, from a given step on. Every sample once, or as many drawn from classes of equal chance, in
 * an order made from seed and epoch, unless the source has an order of its own; epoch *e* shows view *e* mod *views* of
 * each sample. The next batches are rendered, and their soft labels read, while the current one is in use.
 *
 * @param slots batches that exist at a time, the current one among them
 */
export async function* trainBatches(
  source: BatchSource,
  epoch: number,
  firstStep: number,
  slots: number = ringSlots,
): AsyncGenerator<Batch> {
  const { dataset, batchSize } = source;
  const { train } = dataset.splits;
  const groups = source.sampling === "balanced" ? source.task.truth.groups?.(train.truth) : undefined;
  const order = source.order?.of(epoch) ?? epochOrder(source.orderOf(epoch), train.count, groups);
  const view = source.views === undefined ? epoch : epoch % source.views;
  const ring = Array.from({ length: slots }, () => allocate(source));
  let asked: Promise<unknown> = Promise.resolve();
  const fill = async (buffers: BatchBuffers, step: number): Promise<FilledBatch> => {
    const chosen = order.subarray(step * batchSize, Math.min(order.length, (step + 1) * batchSize));
    const filled = await fillBatch(source, buffers, chosen, view);
    if (source.teacher?.worksApart !== true) return filled;
    asked = asked.then(() => askInLoop(source, filled));
    await asked;
    return filled;
  };
  for await (const filled of madeAhead(firstStep, stepsPerEpoch(source), ring, fill)) {
    const { buffers, size } = filled;
    if (source.teacher?.worksApart !== true) await askInLoop(source, filled);
    const teacherLogits = buffers.answers === undefined ? undefined : selected(buffers.answers, size);
    yield { ...slice(buffers, size), teacherLogits };
  }
}

/** A batch whose pixels are rendered and whose soft labels are read; a teacher in the loop is still to be asked. */
interface FilledBatch {
  readonly buffers: BatchBuffers;
  readonly size: number;
  readonly chosen: Uint32Array;
  readonly views: readonly View[] | undefined;
}

async function fillBatch(
  source: BatchSource,
  buffers: BatchBuffers,
  chosen: Uint32Array,
  view: number,
): Promise<FilledBatch> {
  const { dataset, inputSize, softLabels, teacher } = source;
  const split = dataset.splits.train;
  const labels = classLabels(split);
  const size = chosen.length;
  for (let i = 0; i < size; i++) {
    const index = chosen[i] as number;
    buffers.indices[i] = index;
    buffers.labels[i] = labels[index] as number;
  }
  const views = dataset.augmented ? Array.from(chosen, (index) => dataset.view("train", index, view)) : undefined;
  const { pixels, pixelCount, teacherPixels, answers, mixed } = buffers;
  if (mixed !== undefined) fillMixed(mixed, buffers.labels, views ?? [], labels, size);
  const work = [split.render(chosen, views, inputSize, pixels.subarray(0, size * pixelCount))];
  if (teacherPixels !== undefined && teacher !== undefined) {
    const room = teacherPixels.subarray(0, size * pixelsOf(teacher.imageSize));
    work.push(split.render(chosen, views, teacher.imageSize, room));
  }
  if (softLabels !== undefined && answers !== undefined) {
    const viewNumbers = new Uint16Array(size).fill(view);
    work.push(softLabels.read(chosen, viewNumbers, answers.own.subarray(0, size * rowWidth(softLabels.outputs))));
  }
  await Promise.all(work);
  return { buffers, size, chosen, views };
}

type MixedLabels = NonNullable<Batch["mixed"]>;

function fillMixed(
  { secondLabels, labelShares }: MixedLabels,
  own: Int32Array,
  views: readonly View[],
  labels: Int32Array,
  size: number,
): void {
  for (let row = 0; row < size; row++) {
    const { mix, partner } = views[row] ?? {};
    secondLabels[row] = (partner === undefined ? own[row] : labels[partner.index]) as number;
    labelShares[row] = mix?.share ?? 1;
  }
}

/** Asks a teacher in the loop for the batch's own views, rendered at its input size; soft labels are read already. */
async function askInLoop(source: BatchSource, { buffers, size, chosen, views }: FilledBatch): Promise<void> {
  const { teacher, softLabels, dataset } = source;
  if (teacher === undefined || softLabels !== undefined) return;
  const answers = await askTeacher(teacher, size, async (inputSize) => {
    if (teacher.ensemble !== undefined) {
      const rendered = sharedBytes(size * pixelsOf(inputSize));
      await dataset.splits.train.render(chosen, views, inputSize, rendered);
      return rendered;
    }
    return (buffers.teacherPixels ?? buffers.pixels).subarray(0, size * pixelsOf(inputSize));
  });
  buffers.answers?.own.set(answerRows(answers, teacher.outputs, size));
}

/** Host buffers for what the teacher says of a batch. */
interface AnswerBuffers {
  readonly selection: AnswerSelection;
  /** Answers as the teacher gives them, `[batch, width]`. */
  readonly own: Float32Array;
  /** Answers of the data's classes; empty where these are the same. */
  readonly selected: Float32Array;
}

/** @throws KDF_PLAN_CLASSES, KDF_PLAN_CLASS_MAP where the teacher does not know the data's classes */
function answerBuffers({ dataset, task, batchSize, softLabels, teacher }: BatchSource): AnswerBuffers | undefined {
  const source = softLabels ?? teacher;
  if (source === undefined) return undefined;
  const selection = alignAnswers(task, source, dataset.classNames);
  const own = new Float32Array(batchSize * rowWidth(source.outputs));
  return { selection, own, selected: new Float32Array(selection.same ? 0 : batchSize * rowWidth(selection.outputs)) };
}

function selected({ selection, own, selected: into }: AnswerBuffers, size: number): Float32Array {
  return selection.select(own, size, into).subarray(0, size * rowWidth(selection.outputs));
}

/**
 * Plain batches of a split in its own order, for validation and evaluation; the next ones are rendered while one is in
 * use, whose memory is used again for a later one.
 */
export async function* plainBatches(split: DatasetSplit, size: ImageSize, batchSize: number): AsyncGenerator<Batch> {
  const pixelCount = pixelsOf(size);
  const ring = Array.from({ length: ringSlots }, () => sharedBytes(batchSize * pixelCount));
  const fill = async (memory: Uint8Array, step: number): Promise<Batch> => {
    const start = step * batchSize;
    const count = Math.min(batchSize, split.count - start);
    const indices = Int32Array.from({ length: count }, (_, i) => start + i);
    const pixels = memory.subarray(0, count * pixelCount);
    await split.render(indices, undefined, size, pixels);
    return {
      size: count,
      indices,
      pixels,
      labels: new Int32Array(),
      teacherLogits: undefined,
    };
  };
  yield* madeAhead(0, Math.ceil(split.count / batchSize), ring, fill);
}

interface BatchBuffers {
  readonly indices: Int32Array;
  readonly labels: Int32Array;
  readonly pixels: Uint8Array;
  readonly pixelCount: number;
  /** Pixels of the teacher's own input size, where it has another one. */
  readonly teacherPixels: Uint8Array | undefined;
  readonly answers: AnswerBuffers | undefined;
  readonly mixed: MixedLabels | undefined;
}

function allocate(source: BatchSource): BatchBuffers {
  const { dataset, batchSize, inputSize, softLabels, teacher } = source;
  const pixelCount = pixelsOf(inputSize);
  const asked = softLabels === undefined ? teacher?.imageSize : undefined;
  const same =
    asked?.height === inputSize.height && asked.width === inputSize.width && asked.channels === inputSize.channels;
  return {
    teacherPixels: asked === undefined || same ? undefined : sharedBytes(batchSize * pixelsOf(asked)),
    pixelCount,
    indices: new Int32Array(batchSize),
    labels: new Int32Array(batchSize),
    pixels: sharedBytes(batchSize * pixelCount),
    answers: answerBuffers(source),
    mixed:
      dataset.mixes === true
        ? { secondLabels: new Int32Array(batchSize), labelShares: new Float32Array(batchSize) }
        : undefined,
  };
}

function pixelsOf({ height, width, channels }: ImageSize): number {
  return height * width * channels;
}

function slice(buffers: BatchBuffers, size: number): Omit<Batch, "teacherLogits"> {
  const { mixed } = buffers;
  return {
    ...(mixed && {
      mixed: {
        secondLabels: mixed.secondLabels.subarray(0, size),
        labelShares: mixed.labelShares.subarray(0, size),
      },
    }),
    size,
    indices: buffers.indices.subarray(0, size),
    labels: buffers.labels.subarray(0, size),
    pixels: buffers.pixels.subarray(0, size * buffers.pixelCount),
  };
}
