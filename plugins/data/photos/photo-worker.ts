/**
 * A thread that decodes and renders photos, one after the other, straight into shared memory. Tasks are posted ahead, so
 * that it needs nothing of the main thread between them, which a training step blocks.
 */
import { parentPort } from "node:worker_threads";
import { checkPhoto, decodePhoto, prepareDecoder } from "./decode-photo.ts";
import type { CheckedPhoto, PhotoReply, PhotoRequest, PhotoTask } from "./photo-messages.ts";
import { renderPhoto } from "./render-photo.ts";
import { renderPlaced } from "./render-placed.ts";

prepareDecoder();

let last: Promise<void> = Promise.resolve();
parentPort?.on("message", (request: PhotoRequest) => {
  last = last.then(async () => parentPort?.postMessage(await answer(request)));
});

async function answer({ id, task }: PhotoRequest): Promise<PhotoReply> {
  let path = "";
  try {
    return { id, checked: await work(task, (begun) => (path = begun)) };
  } catch (error) {
    return { id, failed: { path, reason: reasonOf(error, path) } };
  }
}

async function work(task: PhotoTask, begin: (path: string) => void): Promise<readonly CheckedPhoto[]> {
  if (task.kind === "check") {
    const checked: CheckedPhoto[] = [];
    for (const path of task.paths) checked.push(await check(path));
    return checked;
  }
  if (task.kind === "decode") {
    for (const { path, at, width, height } of task.items) {
      begin(path);
      const pixels = await decodePhoto({ path, width, height }, { width, height });
      new Uint8Array(task.shared, at, pixels.length).set(pixels);
    }
    return [];
  }
  const { size, shared, items } = task;
  for (const { sources, view, fit, at } of items) {
    const [source, ...others] = sources;
    if (source === undefined) throw new Error("a view has no photo");
    const out = new Uint8Array(shared, at, size.height * size.width * size.channels);
    if (fit === undefined) await renderPhoto([source, ...others], view, size, out, begin);
    else await renderPlaced(sources, view, { size, fit }, out, begin);
  }
  return [];
}

async function check(path: string): Promise<CheckedPhoto> {
  try {
    return await checkPhoto(path);
  } catch (error) {
    return { reason: reasonOf(error, path) };
  }
}

/** The decoder's words without the path, which errors name themselves. */
function reasonOf(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? "").replaceAll(path, "").replace(/:\s*$/, "").trim();
}
