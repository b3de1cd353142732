import type { DatasetSplit, HostArray, ImageSize, Rng, View } from "../../../core/index.ts";
import { madeAhead, ringSlots, sharedBytes } from "../../data/views/made-ahead.ts";
import type { BatchFiller, BatchRows, BatchSlot, SampleSource } from "../inputs/batch-filler.ts";
import { epochOrder, type Sampling } from "./epoch-order.ts";
import type { SampleOrder } from "./mixed-order.ts";

export interface BatchSource extends SampleSource {
  /** Views per sample; `undefined` gives a fresh view in every epoch. */
  readonly views: number | undefined;
  /** Names of augmentations that the views of an epoch leave out; none where left out. */
  withoutAt?(epoch: number): readonly string[] | undefined;
  /** Every sample once where left out. */
  readonly sampling?: Sampling | undefined;
  /** The order of an epoch's samples, where nothing else says it. */
  orderOf(epoch: number): Rng;
  /** Which samples an epoch shows; each one once unless given. */
  readonly order?: SampleOrder | undefined;
}

/** One batch of a training in host buffers, which a later batch overwrites once the next one is asked for. */
export interface TrainBatch {
  readonly size: number;
  /** `[batch]` */
  readonly indices: Int32Array;
  /** What the step is fed, by its inputs: `pixels` uint8 `[batch, height, width, channels]`, and what terms are given. */
  readonly inputs: Readonly<Record<string, HostArray>>;
}

/** One batch of plain images. */
export interface Batch {
  readonly size: number;
  readonly indices: Int32Array;
  /** uint8 `[batch, height, width, channels]` */
  readonly pixels: Uint8Array;
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
 * each sample. The next batches are rendered and filled while the current one is in use.
 *
 * @param fillers of what the step is fed beside the pixels
 * @param slots batches that exist at a time, the current one among them
 */
export async function* trainBatches(
  source: BatchSource,
  fillers: readonly BatchFiller[],
  { epoch, step: firstStep }: { readonly epoch: number; readonly step: number },
  slots: number = ringSlots,
): AsyncGenerator<TrainBatch> {
  const { dataset, batchSize, inputSize } = source;
  const split = dataset.splits.train;
  const groups = source.sampling === "balanced" ? source.task.truth.groups?.(split.truth) : undefined;
  const order = source.order?.of(epoch) ?? epochOrder(source.orderOf(epoch), split.count, groups);
  const view = source.views === undefined ? epoch : epoch % source.views;
  const without = source.withoutAt?.(epoch);
  const own = source.views === undefined ? source.order?.viewsOf?.(epoch) : undefined;
  const viewOf = (index: number, place: number): View => dataset.view("train", index, own?.[place] ?? view, without);
  const pixelCount = pixelsOf(inputSize);
  const ring = Array.from({ length: slots }, (): BatchRoom => {
    const slotsOf = fillers.map((filler) => ({ apart: filler.apart === true, slot: filler.slot(batchSize) }));
    return { pixels: sharedBytes(batchSize * pixelCount), indices: new Int32Array(batchSize), slots: slotsOf };
  });
  let asked: Promise<void> = Promise.resolve();
  const fill = async (room: BatchRoom, step: number): Promise<FilledRoom> => {
    const chosen = order.subarray(step * batchSize, Math.min(order.length, (step + 1) * batchSize));
    const size = chosen.length;
    const first = step * batchSize;
    const viewNumbers = Uint16Array.from(chosen, (_, row) => own?.[first + row] ?? view);
    const views = dataset.augmented ? Array.from(chosen, (index, row) => viewOf(index, first + row)) : undefined;
    const pixels = room.pixels.subarray(0, size * pixelCount);
    const rows: BatchRows = { split, chosen, viewNumbers, views, size, pixels };
    room.indices.set(chosen);
    await Promise.all([
      split.render(chosen, views, inputSize, pixels),
      ...room.slots.map(({ slot }) => slot.ahead?.(rows)),
    ]);
    if (room.slots.some(({ apart }) => apart)) {
      asked = asked.then(() => ask(room, rows, true));
      await asked;
    }
    return { room, rows };
  };
  for await (const { room, rows } of madeAhead(firstStep, stepsPerEpoch(source), ring, fill)) {
    await ask(room, rows, false);
    const { size, pixels } = rows;
    const given = room.slots.map(({ slot }) => slot.given(size));
    yield { size, indices: room.indices.subarray(0, size), inputs: Object.assign({ pixels }, ...given) };
  }
}

/** Memory of one batch. */
interface BatchRoom {
  readonly pixels: Uint8Array;
  readonly indices: Int32Array;
  readonly slots: readonly { readonly apart: boolean; readonly slot: BatchSlot }[];
}

/** A batch of which only what does not work apart is still to be asked. */
interface FilledRoom {
  readonly room: BatchRoom;
  readonly rows: BatchRows;
}

async function ask({ slots }: BatchRoom, rows: BatchRows, apart: boolean): Promise<void> {
  for (const each of slots) if (each.apart === apart) await each.slot.ask?.(rows);
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
    };
  };
  yield* madeAhead(0, Math.ceil(split.count / batchSize), ring, fill);
}

function pixelsOf({ height, width, channels }: ImageSize): number {
  return height * width * channels;
}
