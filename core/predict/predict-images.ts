import type { PhotoFit, PhotoReader, ReadPhoto } from "../contracts/photo-reader.ts";
import type { ShownModel } from "./shown-model.ts";

/** What became of one image: what the model says of it, in the form of the model's task. */
export type ImagePrediction =
  | { readonly file: string; readonly prediction: unknown }
  | { readonly file: string; readonly reason: string };

export interface PredictRequest {
  readonly model: ShownModel;
  readonly classNames: readonly string[];
  readonly reader: PhotoReader;
  readonly fit: PhotoFit;
  /** Most things to tell of an image. */
  readonly top: number;
}

/** Images that are in memory at a time, twice: one lot is read while the other is looked at; fewer where they are large. */
const imagesAtOnce = 32;
const mostBytesAtOnce = 32 * 2 ** 20;

/** Predicts image files in order; those that cannot be read are named with the reason. */
export async function* predictImages(
  paths: readonly string[],
  request: PredictRequest,
): AsyncGenerator<ImagePrediction> {
  const { model, reader, fit } = request;
  const { height, width, channels } = model.imageSize;
  const lot = Math.max(1, Math.min(imagesAtOnce, Math.floor(mostBytesAtOnce / (height * width * channels))));
  const readFrom = (start: number): Promise<readonly ReadPhoto[]> => {
    const reading = reader.read(paths.slice(start, start + lot), model.imageSize, fit);
    // told when its turn comes, not while the images before it are labelled
    reading.catch(() => undefined);
    return reading;
  };
  let next = readFrom(0);
  for (let start = 0; start < paths.length; start += lot) {
    const photos = await next;
    if (start + lot < paths.length) next = readFrom(start + lot);
    const predictions = await predicted(photos, request);
    for (const [at, photo] of photos.entries()) {
      const file = paths[start + at] ?? "";
      yield "reason" in photo ? { file, reason: photo.reason } : { file, prediction: predictions.shift() };
    }
  }
}

/** Predictions of those that could be read, in order. */
async function predicted(photos: readonly ReadPhoto[], { model, classNames, top }: PredictRequest): Promise<unknown[]> {
  const good = photos.flatMap((photo) => ("pixels" in photo ? [photo] : []));
  if (good.length === 0) return [];
  const answers = await model.predict(Buffer.concat(good.map(({ pixels }) => pixels)), good.length);
  const { outputs, imageSize, task } = model;
  const originals = good.map(({ original }) => original);
  return [...task.read(answers, { count: good.length, classNames, outputs, top, imageSize, originals })];
}
