import {
  type ClassSelection,
  type Dataset,
  type DatasetSplit,
  type ImageSize,
  type Rng,
  type SoftLabels,
  selectClasses,
  type Teacher,
  type View,
} from "../../core/index.ts";
import { askTeacher } from "../teachers/ask-teacher.ts";

export interface BatchSource {
  readonly dataset: Dataset;
  readonly inputSize: ImageSize;
  readonly batchSize: number;
  /** Views per sample; `undefined` gives a fresh view in every epoch. */
  readonly views: number | undefined;
  readonly softLabels: SoftLabels | undefined;
  /** Asked for every batch where there are no soft labels. */
  readonly teacher: Teacher | undefined;
  /** The order of an epoch's samples. */
  orderOf(epoch: number): Rng;
}

/** One batch in host buffers that the next batch overwrites. */
export interface Batch {
  readonly size: number;
  readonly indices: Int32Array;
  /** uint8 `[batch, height, width, channels]` */
  readonly pixels: Uint8Array;
  /** `[batch]` */
  readonly labels: Int32Array;
  /** The teacher's, of the data's classes, `[batch, classes]`; `undefined` without a teacher */
  readonly teacherLogits: Float32Array | undefined;
}

export function stepsPerEpoch(source: BatchSource): number {
  return Math.ceil(source.dataset.splits.train.count / source.batchSize);
}

/**
 * The batches of one epoch, from a given step on. Every sample once, in an order made from seed and epoch; epoch *e*
 * shows view *e* mod *views* of each sample.
 */
export async function* trainBatches(source: BatchSource, epoch: number, firstStep: number): AsyncGenerator<Batch> {
  const { dataset, batchSize, softLabels } = source;
  const split = dataset.splits.train;
  const order = source.orderOf(epoch).permutation(split.count);
  const buffers = allocate(source);
  const answers = answerBuffers(source);
  const view = source.views === undefined ? epoch : epoch % source.views;
  const views: View[] | undefined = dataset.augmented ? [] : undefined;
  const viewNumbers = new Uint16Array(batchSize).fill(view);
  for (let step = firstStep; step * batchSize < split.count; step++) {
    const chosen = order.subarray(step * batchSize, Math.min(split.count, (step + 1) * batchSize));
    const size = chosen.length;
    for (let i = 0; i < size; i++) {
      const index = chosen[i] as number;
      buffers.indices[i] = index;
      buffers.labels[i] = split.labels[index] as number;
      if (views !== undefined) views[i] = dataset.view("train", index, view);
    }
    if (views !== undefined) views.length = size;
    await split.render(chosen, views, source.inputSize, buffers.pixels.subarray(0, size * buffers.pixelCount));
    if (softLabels !== undefined && answers !== undefined) {
      const out = answers.own.subarray(0, size * softLabels.classes);
      await softLabels.read(chosen, viewNumbers.subarray(0, size), out);
    } else if (source.teacher !== undefined) {
      const pixels = buffers.pixels.subarray(0, size * buffers.pixelCount);
      answers?.own.set(await askShown(source, source.teacher, { chosen, views, pixels, own: buffers.teacherPixels }));
    }
    yield { ...slice(buffers, size), teacherLogits: answers === undefined ? undefined : selected(answers, size) };
  }
}

/** Host buffers for what the teacher says of a batch. */
interface AnswerBuffers {
  readonly selection: ClassSelection;
  /** Logits of the teacher's own classes, `[batch, selection.sourceClasses]`. */
  readonly own: Float32Array;
  /** Logits of the data's classes, `[batch, selection.classes]`; empty where these are the same. */
  readonly selected: Float32Array;
}

/** @throws KDF_PLAN_CLASSES, KDF_PLAN_CLASS_MAP where the teacher does not know the data's classes */
function answerBuffers({ dataset, batchSize, softLabels, teacher }: BatchSource): AnswerBuffers | undefined {
  const source = softLabels ?? teacher;
  if (source === undefined) return undefined;
  const selection = selectClasses(source, dataset.classNames);
  const own = new Float32Array(batchSize * selection.sourceClasses);
  return { selection, own, selected: new Float32Array(selection.same ? 0 : batchSize * selection.classes) };
}

function selected({ selection, own, selected: into }: AnswerBuffers, size: number): Float32Array {
  return selection.select(own, size, into).subarray(0, size * selection.classes);
}

/** What a teacher in the loop is asked about. */
interface ShownBatch {
  readonly chosen: Uint32Array;
  readonly views: readonly View[] | undefined;
  /** As the student sees them. */
  readonly pixels: Uint8Array;
  /** Room for pixels of the teacher's own input size, where it has another one. */
  readonly own: Uint8Array | undefined;
}

/** The teacher's logits of a batch's own views, rendered at the teacher's input size. */
async function askShown({ dataset }: BatchSource, teacher: Teacher, batch: ShownBatch): Promise<Float32Array> {
  const count = batch.chosen.length;
  if (teacher.ensemble !== undefined) {
    return askTeacher(teacher, count, async (size) => {
      const rendered = new Uint8Array(count * size.height * size.width * size.channels);
      await dataset.splits.train.render(batch.chosen, batch.views, size, rendered);
      return rendered;
    });
  }
  if (batch.own === undefined) return teacher.predict(batch.pixels, count);
  const { height, width, channels } = teacher.inputSize;
  const pixels = batch.own.subarray(0, count * height * width * channels);
  await dataset.splits.train.render(batch.chosen, batch.views, teacher.inputSize, pixels);
  return teacher.predict(pixels, count);
}

/** Plain batches of a split in its own order, for validation and evaluation; each overwrites the one before. */
export async function* plainBatches(split: DatasetSplit, size: ImageSize, batchSize: number): AsyncGenerator<Batch> {
  const pixelCount = pixelsOf(size);
  const pixels = new Uint8Array(batchSize * pixelCount);
  const buffer = new Int32Array(batchSize);
  for (let start = 0; start < split.count; start += batchSize) {
    const count = Math.min(batchSize, split.count - start);
    const indices = buffer.subarray(0, count);
    for (let i = 0; i < count; i++) indices[i] = start + i;
    await split.render(indices, undefined, size, pixels.subarray(0, count * pixelCount));
    const labels = split.labels.subarray(start, start + count);
    yield { size: count, indices, pixels: pixels.subarray(0, count * pixelCount), labels, teacherLogits: undefined };
  }
}

function allocate({ batchSize, inputSize, softLabels, teacher }: BatchSource) {
  const pixelCount = pixelsOf(inputSize);
  const asked = softLabels === undefined ? teacher?.inputSize : undefined;
  const same =
    asked?.height === inputSize.height && asked.width === inputSize.width && asked.channels === inputSize.channels;
  return {
    teacherPixels: asked === undefined || same ? undefined : new Uint8Array(batchSize * pixelsOf(asked)),
    pixelCount,
    indices: new Int32Array(batchSize),
    labels: new Int32Array(batchSize),
    pixels: new Uint8Array(batchSize * pixelCount),
  };
}

function pixelsOf({ height, width, channels }: ImageSize): number {
  return height * width * channels;
}

function slice(buffers: ReturnType<typeof allocate>, size: number): Omit<Batch, "teacherLogits"> {
  return {
    size,
    indices: buffers.indices.subarray(0, size),
    labels: buffers.labels.subarray(0, size),
    pixels: buffers.pixels.subarray(0, size * buffers.pixelCount),
  };
}
