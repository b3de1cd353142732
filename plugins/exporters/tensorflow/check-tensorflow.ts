import { type Dataset, KdflowError, type Predictor, type StageContext } from "../../../core/index.ts";
import { largestDifference } from "../copying/largest-difference.ts";
import { type ParityImages, parityImages } from "../copying/parity-images.ts";
import { isTooMuch, type MetricLoss, metricLoss } from "../quantize/metric-loss.ts";
import { sampledScores } from "../quantize/sampled-scores.ts";
import { firstDivergingNode } from "./diverging-node.ts";
import { openTensorflow } from "./open-tensorflow.ts";
import type { Answer, TensorflowExporting } from "./tensorflow-form.ts";
import { worseText } from "./worse-text.ts";

/** Most that an answer of the float32 form may differ, as a share of the largest one. */
export const tensorflowParityLimit = 1e-4;

export interface CheckRequest {
  readonly exporting: TensorflowExporting;
  /** What is left in the stage's folder, and its float32 form; the same where that is what is wanted. */
  readonly paths: { readonly final: string; readonly exact: string };
  readonly trained: Predictor;
  readonly data: Dataset | undefined;
}

/** What came out when the files were held against the model. */
export interface TensorflowChecked {
  /** Of the float32 form. */
  readonly parity: number;
  readonly images: ParityImages;
  /** Of the form wanted, where it is another one. */
  readonly difference: number | undefined;
  /** Of the trained network and of the form wanted. */
  readonly scores: MetricLoss | undefined;
}

/**
 * Compares what the float32 form answers in Python with the trained model's answers, and scores the form wanted.
 *
 * @throws KDF_EXPORT_PARITY naming the first layer that differs
 */
export async function checkTensorflow(request: CheckRequest, context: StageContext): Promise<TensorflowChecked> {
  const { exporting, paths, trained, data } = request;
  const { chosen, pass, form, purpose } = exporting;
  const images = await parityImages(chosen, data, context);
  const own = pass.expected(await trained.predict(images.pixels, images.count), images.count);
  const differenceTo = async (answer: Answer) => largestDifference(await answer(images.pixels, images.count), own);
  const worst = await answering(exporting, paths.exact, differenceTo, context);
  if (!(worst.difference <= tensorflowParityLimit)) throw await diverged(exporting, worst, images, context);
  return answering(
    exporting,
    paths.final,
    async (answer) => {
      const difference = paths.final === paths.exact ? undefined : (await differenceTo(answer)).difference;
      const found = { parity: worst.difference, images, difference };
      if (data === undefined) return { ...found, scores: undefined };
      const sample = { model: chosen, data, most: form.metricImages, isDecoded: false };
      const ofModel: Answer = async (pixels, count) => trained.predict(pixels, count);
      const before = await sampledScores({ ...sample, answer: ofModel }, context);
      const after = await sampledScores({ ...sample, isDecoded: pass.isDecoded, answer }, context);
      const scores = metricLoss(before, after, sample, context);
      if (isTooMuch(scores)) {
        context.log.warn("quantizedWorse", { message: worseText(purpose, form.precision, scores) });
      }
      return { ...found, scores };
    },
    context,
  );
}

async function answering<T>(
  exporting: TensorflowExporting,
  path: string,
  work: (answer: Answer) => Promise<T>,
  context: StageContext,
): Promise<T> {
  const { form, python, chosen, outputNames } = exporting;
  const file = { ...form, python, path, imageSize: chosen.description.imageSize, outputs: outputNames };
  const session = openTensorflow(file, context, exporting);
  try {
    return await work((pixels, count) => session.answer(pixels, count));
  } finally {
    session.close();
  }
}

async function diverged(
  exporting: TensorflowExporting,
  { name, difference }: ReturnType<typeof largestDifference>,
  images: ParityImages,
  context: StageContext,
): Promise<KdflowError> {
  const found = await firstDivergingNode(exporting, images, tensorflowParityLimit, context);
  const layer = found?.layer === undefined ? "" : `; the first layer that differs is "${found.layer.name}"`;
  const kernel = found === undefined ? "" : ` (kernel ${found.kernel}, by ${found.difference.toPrecision(3)})`;
  return new KdflowError(
    "KDF_EXPORT_PARITY",
    `${name} of the exported ${exporting.form.kind} differ from the trained model's by ${difference.toPrecision(3)} of the largest of them${layer}${kernel}`,
    { hint: `the limit is ${tensorflowParityLimit}` },
  );
}
