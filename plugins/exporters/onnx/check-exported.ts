import { readFile } from "node:fs/promises";
import { type Answers, type Dataset, KdflowError, type Predictor, type StageContext } from "../../../core/index.ts";
import { largestDifference, type OutputDifference } from "../copying/largest-difference.ts";
import { type ParityImages, parityImages } from "../copying/parity-images.ts";
import { firstDivergingLayer } from "./diverging-layer.ts";
import { type ExportedScores, exportedScores } from "./exported-scores.ts";
import { openExported } from "./exported-session.ts";
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
  const opened = await openExported({ ...session, outputs: exporting.outputNames });
  try {
    const answers = await opened.answer(images.pixels, images.count);
    const own = expected(await answersOfModel(images.pixels, images.count), images.count);
    const worst = largestDifference(answers, own);
    if (!(worst.difference <= onnxParityLimit)) throw await diverged(exporting, worst, images, context);
    if (data === undefined) return { parity: worst.difference, images, scores: undefined };
    const exported = (pixels: Uint8Array, count: number): Promise<Answers> => opened.answer(pixels, count);
    const scores = await exportedScores({ model: chosen, data, trained: answersOfModel, exported, isDecoded }, context);
    return { parity: worst.difference, images, scores };
  } finally {
    opened.close();
  }
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
  { chosen, model, forward, written, session, options }: Exporting,
  { name, difference }: OutputDifference,
  { pixels, count }: ParityImages,
  { tf }: StageContext,
): Promise<KdflowError> {
  const images = options.batch === "dynamic" ? Math.min(2, count) : options.batch;
  const { imageSize } = chosen.description;
  const part = pixels.slice(0, images * imageSize.height * imageSize.width * imageSize.channels);
  const request = { tf, model, forward, imageSize, written, session, pixels: part, images, limit: onnxParityLimit };
  const found = images <= count ? await firstDivergingLayer(request) : undefined;
  const layer = found?.layer === undefined ? "" : `; the first layer that differs is "${found.layer.name}"`;
  const kernel = found === undefined ? "" : ` (kernel ${found.kernel}, by ${found.difference.toPrecision(3)})`;
  return new KdflowError(
    "KDF_EXPORT_PARITY",
    `${name} of the exported file differ from the trained model's by ${difference.toPrecision(3)} of the largest of them${layer}${kernel}`,
    { hint: `the limit is ${onnxParityLimit}` },
  );
}
