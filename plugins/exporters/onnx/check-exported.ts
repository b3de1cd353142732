import { readFile } from "node:fs/promises";
import { type Answers, type Dataset, KdflowError, type Predictor, type StageContext } from "../../../core/index.ts";
import { withOutputs } from "../../teachers/onnx/added-outputs.ts";
import { largestDifference, type OutputDifference } from "../copying/largest-difference.ts";
import { parityError } from "../copying/parity-error.ts";
import { type ParityImages, parityImages } from "../copying/parity-images.ts";
import { tripled } from "../photo/photo-pass.ts";
import { boxesName, scoresName } from "../trace/decode-boxes.ts";
import { firstDivergingLayer } from "./diverging-layer.ts";
import { type ExportedScores, exportedScores } from "./exported-scores.ts";
import { type ExportedSession, openExported } from "./exported-session.ts";
import { readMetadata } from "./read-metadata.ts";
import type { Exporting } from "./write-exported.ts";

/** Most that an answer of the file may differ, as a share of the largest one. */
export const onnxParityLimit = 1e-4;

/** What came out when the file was held against the model. */
export interface Checked {
  readonly parity: number;
  readonly images: ParityImages;
  /** Left out without data to score on. */
  readonly scores: ExportedScores | undefined;
}

/**
 * Compares what ONNX Runtime answers, and the classes that the file names, with the trained model's, and scores both.
 *
 * @param data whose validation images are taken; noise without them
 * @throws KDF_EXPORT_PARITY naming the first layer that differs
 */
export async function checkExported(
  exporting: Exporting,
  trained: Predictor,
  data: Dataset | undefined,
  context: StageContext,
): Promise<Checked> {
  const { chosen, session, expected, isDecoded } = exporting;
  assertSameClasses(readMetadata(await readFile(session.path)), chosen);
  const images = await parityImages(chosen, data, context);
  const answersOfModel = async (pixels: Uint8Array, count: number): Promise<Answers> => trained.predict(pixels, count);
  const channels = chosen.description.imageSize.channels;
  const given = (pixels: Uint8Array): Uint8Array => (session.imageSize.channels > channels ? tripled(pixels) : pixels);
  const opened = await openExported({ ...session, outputs: exporting.outputNames });
  try {
    const answers = await answersBefore(exporting, opened, given(images.pixels), images.count);
    const own = expected(await answersOfModel(images.pixels, images.count), images.count);
    const worst = largestDifference(answers, own);
    if (!(worst.difference <= onnxParityLimit)) throw await diverged(exporting, worst, images, context);
    if (data === undefined) return { parity: worst.difference, images, scores: undefined };
    const classes = chosen.description.classNames.length;
    const exported = async (pixels: Uint8Array, count: number): Promise<Answers> => {
      const own = await opened.answer(given(pixels), count);
      return exporting.isSuppressed ? detectionRows(own, classes) : own;
    };
    const scores = await exportedScores({ model: chosen, data, trained: answersOfModel, exported, isDecoded }, context);
    return { parity: worst.difference, images, scores };
  } finally {
    opened.close();
  }
}

/** What the file answers with before it suppresses boxes. */
async function answersBefore(
  { isSuppressed, written, session }: Exporting,
  opened: ExportedSession,
  pixels: Uint8Array,
  count: number,
): Promise<Answers> {
  if (!isSuppressed) return opened.answer(pixels, count);
  const names = Object.entries(written.answers);
  const tensors = names.map(([, tensor]) => tensor);
  const before = await openExported({ ...session, bytes: withOutputs(written.bytes, tensors), outputs: tensors });
  try {
    const answers = await before.answer(pixels, count);
    return Object.fromEntries(names.map(([name, tensor]) => [name, answers[tensor] ?? new Float32Array()]));
  } finally {
    before.close();
  }
}

/** Boxes that are left after suppression, as rows of scores of all classes. */
function detectionRows({ boxes, scores, classes }: Answers, classCount: number): Answers {
  const rows = new Float32Array((scores?.length ?? 0) * classCount);
  for (const [row, id] of (classes ?? new Float32Array()).entries()) {
    if (id >= 0) rows[row * classCount + id] = scores?.[row] ?? 0;
  }
  return { [boxesName]: boxes ?? new Float32Array(), [scoresName]: rows };
}

/** A file whose classes lie in another order is as wrong as one with other weights. */
function assertSameClasses(metadata: Readonly<Record<string, string>>, { description }: Exporting["chosen"]): void {
  const named = JSON.parse(metadata["classNames"] ?? "[]") as readonly string[];
  const { classNames } = description;
  const place = classNames.findIndex((name, at) => named[at] !== name);
  if (place === -1 && named.length === classNames.length) return;
  const at = place === -1 ? classNames.length : place;
  throw new KdflowError(
    "KDF_EXPORT_PARITY",
    `class ${at} is ${named[at] === undefined ? "missing" : `"${named[at]}"`} in the exported file, ${classNames[at] === undefined ? "of which the trained model has none" : `and "${classNames[at]}" in the trained model`}`,
  );
}

/** The error, with the first layer whose result differs. */
async function diverged(
  { chosen, model, forward, written, session }: Exporting,
  { name, difference }: OutputDifference,
  { pixels, count }: ParityImages,
  { tf }: StageContext,
): Promise<KdflowError> {
  const images = session.batch === "dynamic" ? Math.min(2, count) : session.batch;
  const { imageSize } = chosen.description;
  const part = pixels.slice(0, images * imageSize.height * imageSize.width * imageSize.channels);
  const request = { tf, model, forward, imageSize, written, session, pixels: part, images, limit: onnxParityLimit };
  const isComparable = images <= count && session.imageSize.channels === imageSize.channels;
  const found = isComparable ? await firstDivergingLayer(request) : undefined;
  return parityError("file", { name, difference, found, limit: onnxParityLimit });
}
