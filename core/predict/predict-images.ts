import type { PhotoFit, PhotoReader, ReadPhoto } from "../contracts/photo-reader.ts";
import type { Classifier } from "../tensors/load-classifier.ts";
import { type ClassProbability, topClasses } from "./top-classes.ts";

/** What became of one image. */
export type ImagePrediction =
  | { readonly file: string; readonly top: readonly ClassProbability[] }
  | { readonly file: string; readonly reason: string };

export interface PredictRequest {
  readonly classifier: Classifier;
  readonly classNames: readonly string[];
  readonly reader: PhotoReader;
  readonly fit: PhotoFit;
  /** Classes per image. */
  readonly top: number;
}

/** Images that are in memory at a time, twice: one lot is read while the other is labelled. */
const imagesAtOnce = 32;

/** Labels image files in order; those that cannot be read are named with the reason. */
export async function* predictImages(
  paths: readonly string[],
  request: PredictRequest,
): AsyncGenerator<ImagePrediction> {
  const { classifier, reader, fit } = request;
  const readFrom = (start: number): Promise<readonly ReadPhoto[]> => {
    const reading = reader.read(paths.slice(start, start + imagesAtOnce), classifier.inputSize, fit);
    // told when its turn comes, not while the images before it are labelled
    reading.catch(() => undefined);
    return reading;
  };
  let next = readFrom(0);
  for (let start = 0; start < paths.length; start += imagesAtOnce) {
    const photos = await next;
    if (start + imagesAtOnce < paths.length) next = readFrom(start + imagesAtOnce);
    const rows = await labelled(photos, request);
    for (const [at, photo] of photos.entries()) {
      const file = paths[start + at] ?? "";
      yield "reason" in photo ? { file, reason: photo.reason } : { file, top: rows.shift() ?? [] };
    }
  }
}

/** Classes of those that could be read, in order. */
async function labelled(
  photos: readonly ReadPhoto[],
  { classifier, classNames, top }: PredictRequest,
): Promise<(readonly ClassProbability[])[]> {
  const good = photos.flatMap((photo) => ("pixels" in photo ? [photo.pixels] : []));
  if (good.length === 0) return [];
  const scores = await classifier.predict(Buffer.concat(good), good.length);
  const { classes, outputs } = classifier;
  return good.map((_, at) => topClasses(scores.subarray(at * classes, (at + 1) * classes), outputs, classNames, top));
}
