/** Slots of a ring of batches: one that is in use, and two that are being filled. */
export const ringSlots = 3;

/**
 * Makes numbered things ahead of whoever takes them, each in a slot of a ring whose memory is used again: at most
 * `slots.length` exist at a time. They come in order. What is still being made when the taker leaves, or when one
 * fails, is dropped.
 *
 * @param make fills a slot; called in order, the next time before the last one has ended. The slot of a thing is filled
 *   anew only when the one after it is asked for.
 */
export async function* madeAhead<Slot, Thing>(
  first: number,
  end: number,
  slots: readonly Slot[],
  make: (slot: Slot, number: number) => Promise<Thing>,
): AsyncGenerator<Thing> {
  const pending: Promise<Thing>[] = [];
  let next = first;
  const begin = (): void => {
    const making = make(slots[next % slots.length] as Slot, next);
    next += 1;
    // told when its turn comes; a taker that leaves before never hears of it
    making.catch(() => undefined);
    pending.push(making);
  };
  while (next < end && pending.length < slots.length) begin();
  for (let making = pending.shift(); making !== undefined; making = pending.shift()) {
    yield await making;
    if (next < end) begin();
  }
}

/** Bytes that threads can fill, for the pixels of a batch. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}
