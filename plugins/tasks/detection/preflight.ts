import { type Dataset, type ImageSize, KdflowError, type Log, type Teacher } from "../../../core/index.ts";
import { sharedBytes } from "../../data/views/made-ahead.ts";
import { alignAnswers, answerRows, answersOf, rowWidth } from "../outputs/answer-rows.ts";
import { alignDetector } from "./align-detector.ts";
import { detectionMetric } from "./detection-metric.ts";
import { detectionTruth } from "./detection-truth.ts";

/** Photos that the teacher is asked about, and those that other readings are tried on. */
const askedPhotos = 64;
const readingPhotos = 16;
/** All of it ends after this time; what was asked until then counts. */
const longestMs = 30_000;
/** Below this AP50 a teacher finds nothing that is there. */
const nearZero = 0.01;
/** A reading that beats the configured one by more is told: two points, and this many standard errors of the pairs. */
const leastGain = 0.02;
const deviations = 2;

/** A way to give photos to the teacher. */
interface Reading {
  readonly options: string;
  readonly predict: Teacher["predict"];
  readonly imageSize: ImageSize;
}

/**
 * Measures a detector's AP50 on some validation photos, and on a few of them with pixels scaled, ordered or fitted in
 * other ways. A way that is clearly better is told; a teacher that finds nothing is refused.
 *
 * @throws KDF_TEACHER_CHANCE
 */
export async function assertDetectorKnows(teacher: Teacher, dataset: Dataset, log: Log): Promise<void> {
  const { validation } = dataset.splits;
  const { boxes } = detectionTruth(validation);
  const labelled = Array.from({ length: validation.count }, (_, image) => image).filter(
    (image) => (boxes.offsets[image + 1] ?? 0) > (boxes.offsets[image] ?? 0),
  );
  if (labelled.length === 0) {
    const message = "the teacher is not checked: no validation photo has boxes";
    return log.warn("teacherUnchecked", { message, samples: 0 });
  }
  const endMs = performance.now() + longestMs;
  const photos = evenly(labelled, askedPhotos);
  const own: Reading = { options: "", predict: teacher.predict, imageSize: teacher.imageSize };
  const { asked, score } = await ap50(own, photos, teacher, dataset, endMs);
  const few = evenly(asked, readingPhotos);
  const before = await apart(own, few, teacher, dataset, endMs);
  const better: { readonly options: string; readonly score: number }[] = [];
  for (const { options, predict, imageSize = teacher.imageSize } of teacher.readings ?? []) {
    if (performance.now() > endMs) break;
    const reading = { options, predict, imageSize };
    const other = await apart(reading, few, teacher, dataset, endMs);
    if (other.photos.length < few.length) break;
    if (isBetter(before, other)) better.push({ options, score: other.score });
  }
  const [best] = better.sort((one, two) => two.score - one.score);
  const told =
    best === undefined
      ? []
      : [
          `with \`${best.options}\` AP50 is ${percent(best.score)} instead of ${percent(before.score)} on ${few.length} photos: say so at the teacher`,
        ];
  if (score < nearZero) {
    throw new KdflowError(
      "KDF_TEACHER_CHANCE",
      `the teacher has an AP50 of ${percent(score)} on ${asked.length} validation photos`,
      {
        hint: [
          ...told,
          ...(told.length > 0
            ? []
            : ["check its `decoder`, `classes`, `normalize`, `channelOrder` and `fit`, and the data's labels"]),
          "nothing was labelled or scored",
        ],
      },
    );
  }
  const message = `the teacher has an AP50 of ${percent(score)} on ${asked.length} validation photos`;
  log.info("teacherAccuracy", { message, AP50: score, samples: asked.length });
  for (const sentence of told) log.warn("teacherReading", { message: sentence });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Up to `wanted` of them, evenly spaced. */
function evenly(images: readonly number[], wanted: number): number[] {
  const count = Math.min(wanted, images.length);
  return Array.from({ length: count }, (_, place) => images[Math.floor((place * images.length) / count)] ?? 0);
}

/** AP50 over the photos that were asked in time. */
async function ap50(
  { predict, imageSize }: Reading,
  images: readonly number[],
  teacher: Teacher,
  { splits: { validation }, classNames }: Dataset,
  endMs: number,
): Promise<{ readonly asked: readonly number[]; readonly score: number }> {
  const selection = alignAnswers({ align: alignDetector }, teacher, classNames);
  const { outputs, unknown } = selection;
  const scorer = detectionMetric.start({ classNames, outputs, imageSize, ...(unknown && { unknown }) });
  const truth = detectionTruth(validation);
  const asked: number[] = [];
  for (const image of images) {
    if (asked.length > 0 && performance.now() > endMs) break;
    const pixels = sharedBytes(imageSize.height * imageSize.width * imageSize.channels);
    await validation.render([image], undefined, imageSize, pixels);
    const rows = answerRows(await predict(pixels, 1), teacher.outputs, 1);
    const brought = selection.select(rows, 1, new Float32Array(rowWidth(outputs)));
    scorer.add(answersOf(brought, outputs, 1), { truth, indices: [image] });
    asked.push(image);
  }
  return { asked, score: scorer.result()["AP50"] ?? 0 };
}

interface Apart {
  readonly score: number;
  /** AP50 of each photo by itself. */
  readonly photos: readonly number[];
}

async function apart(
  reading: Reading,
  images: readonly number[],
  teacher: Teacher,
  dataset: Dataset,
  endMs: number,
): Promise<Apart> {
  const photos: number[] = [];
  for (const image of images) {
    if (photos.length > 0 && performance.now() > endMs) break;
    photos.push(Math.max(0, (await ap50(reading, [image], teacher, dataset, endMs)).score));
  }
  return { photos, score: photos.reduce((sum, score) => sum + score, 0) / Math.max(1, photos.length) };
}

/** Whether one reading beats another by two points and by more than the noise of the photos' differences. */
function isBetter(own: Apart, other: Apart): boolean {
  const gains = other.photos.map((score, at) => score - (own.photos[at] ?? 0));
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  if (mean <= leastGain) return false;
  const squares = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0);
  const error = gains.length < 2 ? 0 : Math.sqrt(squares / (gains.length - 1) / gains.length);
  return mean > deviations * error;
}
