import type { Dataset, DatasetSplit, ImageSize, Rng, SoftLabels, Teacher, View } from "../../core/index.ts";

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
  /** `[batch, classes]`, when there are soft labels */
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
  const classes = softLabels?.classes ?? source.teacher?.classNames.length;
  const buffers = allocate(source, classes);
  const view = source.views === undefined ? epoch : epoch % source.views;
  const viewNumbers = new Uint16Array(batchSize).fill(source.views === undefined ? 0 : view);
  for (let step = firstStep; step * batchSize < split.count; step++) {
    const chosen = order.subarray(step * batchSize, Math.min(split.count, (step + 1) * batchSize));
    const size = chosen.length;
    for (let i = 0; i < size; i++) {
      const index = chosen[i] as number;
      buffers.indices[i] = index;
      buffers.labels[i] = split.labels[index] as number;
    }
    const views = dataset.augmented ? Array.from(chosen, (index) => dataset.view("train", index, view)) : undefined;
    await split.render(chosen, views, source.inputSize, buffers.pixels.subarray(0, size * buffers.pixelCount));
    if (softLabels !== undefined && buffers.teacherLogits !== undefined) {
      const out = buffers.teacherLogits.subarray(0, size * softLabels.classes);
      await softLabels.read(chosen, viewNumbers.subarray(0, size), out);
    }
    if (softLabels === undefined && source.teacher !== undefined) {
      const pixels = buffers.pixels.subarray(0, size * buffers.pixelCount);
      buffers.teacherLogits?.set(await askTeacher(source, source.teacher, { chosen, views, pixels }));
    }
    yield slice(buffers, size, classes ?? 0);
  }
}

/** The teacher's logits of a batch's own views, rendered at the teacher's input size. */
async function askTeacher(
  { dataset, inputSize }: BatchSource,
  teacher: Teacher,
  batch: { readonly chosen: Uint32Array; readonly views: readonly View[] | undefined; readonly pixels: Uint8Array },
): Promise<Float32Array> {
  const { height, width, channels } = teacher.inputSize;
  const count = batch.chosen.length;
  if (height === inputSize.height && width === inputSize.width) return teacher.predict(batch.pixels, count);
  const pixels = new Uint8Array(count * height * width * channels);
  await dataset.splits.train.render(batch.chosen, batch.views, teacher.inputSize, pixels);
  return teacher.predict(pixels, count);
}

/** Plain batches of a split in its own order, for validation and evaluation. */
export async function* plainBatches(split: DatasetSplit, size: ImageSize, batchSize: number): AsyncGenerator<Batch> {
  const pixelCount = size.height * size.width * size.channels;
  const pixels = new Uint8Array(batchSize * pixelCount);
  const views: View[] | undefined = undefined;
  for (let start = 0; start < split.count; start += batchSize) {
    const count = Math.min(batchSize, split.count - start);
    const indices = Int32Array.from({ length: count }, (_, i) => start + i);
    await split.render(indices, views, size, pixels.subarray(0, count * pixelCount));
    const labels = split.labels.subarray(start, start + count);
    yield { size: count, indices, pixels: pixels.subarray(0, count * pixelCount), labels, teacherLogits: undefined };
  }
}

function allocate({ batchSize, inputSize }: BatchSource, classes: number | undefined) {
  const pixelCount = inputSize.height * inputSize.width * inputSize.channels;
  return {
    pixelCount,
    indices: new Int32Array(batchSize),
    labels: new Int32Array(batchSize),
    pixels: new Uint8Array(batchSize * pixelCount),
    teacherLogits: classes === undefined ? undefined : new Float32Array(batchSize * classes),
  };
}

function slice(buffers: ReturnType<typeof allocate>, size: number, classes: number): Batch {
  return {
    size,
    indices: buffers.indices.subarray(0, size),
    labels: buffers.labels.subarray(0, size),
    pixels: buffers.pixels.subarray(0, size * buffers.pixelCount),
    teacherLogits: buffers.teacherLogits?.subarray(0, size * classes),
  };
}
