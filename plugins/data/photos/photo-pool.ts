import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type ImageSize, KdflowError } from "../../../core/index.ts";
import type { CheckedPhoto, DecodeItem, PhotoReply, PhotoRequest, PhotoTask, RenderItem } from "./photo-messages.ts";

/** Decoding runs on libuv's threads, of which a process has four unless UV_THREADPOOL_SIZE says otherwise. */
const mostWorkers = 4;

/** Compiled, the worker lies beside this file as JavaScript. */
const workerFile = new URL(
  import.meta.url.endsWith(".ts") ? "./photo-worker.ts" : "./photo-worker.js",
  import.meta.url,
);

export function defaultWorkers(): number {
  return Math.max(1, Math.min(mostWorkers, availableParallelism() - 1));
}

/** Threads that decode photos. They start when they are first needed and keep no process alive while they idle. */
export class PhotoPool {
  readonly #count: number;
  readonly #members: PoolMember[] = [];
  #closed = false;

  constructor(workers: number = defaultWorkers()) {
    this.#count = workers;
  }

  /**
   * Renders views into shared memory.
   *
   * @throws KDF_INPUT_IMAGE naming a photo that could not be read
   */
  async render(items: readonly RenderItem[], size: ImageSize, shared: SharedArrayBuffer): Promise<void> {
    await this.#divide(items, (some) => ({ kind: "render", size, shared, items: some }));
  }

  /** Decodes whole photos into shared memory, each at its own packed size. */
  async decode(items: readonly DecodeItem[], shared: SharedArrayBuffer): Promise<void> {
    await this.#divide(items, (some) => ({ kind: "decode", shared, items: some }));
  }

  /** Decodes each file whole and tells its size, or why it does not decode. */
  async check(paths: readonly string[]): Promise<CheckedPhoto[]> {
    const shares = await this.#divide(paths, (some) => ({ kind: "check", paths: some }));
    return paths.map((_, at) => shares[at % shares.length]?.[Math.floor(at / shares.length)] ?? { reason: "not read" });
  }

  /** Ends all threads; what they had not done is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#members.splice(0).map((member) => member.close()));
  }

  /** Deals items out to the threads in turn, so that each gets the same mixture, and waits for all of them. */
  async #divide<T>(
    items: readonly T[],
    taskOf: (some: readonly T[]) => PhotoTask,
  ): Promise<(readonly CheckedPhoto[])[]> {
    if (this.#closed) throw new KdflowError("KDF_INTERNAL", "photos are asked of a data set that was closed");
    while (this.#members.length < this.#count) this.#members.push(new PoolMember());
    const shares = this.#members.map((member, place) => {
      return member.ask(taskOf(items.filter((_, at) => at % this.#count === place)));
    });
    // all have ended before anything is told, so that none writes into memory that was given back
    const settled = await Promise.allSettled(shares);
    return settled.map((share) => {
      if (share.status === "rejected") throw share.reason;
      return share.value;
    });
  }
}

interface Waiting {
  resolve(checked: readonly CheckedPhoto[]): void;
  reject(error: unknown): void;
}

/** One thread and what is asked of it. */
class PoolMember {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #ended = false;

  constructor() {
    this.#worker = new Worker(workerFile, { name: "kdflow photos" });
    this.#worker.unref();
    this.#worker.on("message", (reply: PhotoReply) => this.#settle(reply));
    this.#worker.on("error", (cause) => this.#fail("a thread that reads photos failed", cause));
    this.#worker.on("exit", () => this.#fail("a thread that reads photos ended"));
  }

  ask(task: PhotoTask): Promise<readonly CheckedPhoto[]> {
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new KdflowError("KDF_INTERNAL", "a thread that reads photos has ended"));
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, task } satisfies PhotoRequest);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: PhotoReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("checked" in reply) waiting?.resolve(reply.checked);
    else waiting?.reject(unreadable(reply.failed));
  }

  #fail(message: string, cause?: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#ended = true;
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new KdflowError("KDF_INTERNAL", message, { cause }));
  }
}

function unreadable({ path, reason }: { readonly path: string; readonly reason: string }): KdflowError {
  return new KdflowError("KDF_INPUT_IMAGE", `"${path}" cannot be read: ${reason}`, {
    hint: "it could be read when the data was prepared; was it changed or removed since?",
  });
}
