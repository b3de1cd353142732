import { type Dataset, type ImageSize, KdflowError, type StageContext } from "../../../core/index.ts";
import { modelClasses } from "./model-classes.ts";
import { shapeText } from "./model-input.ts";
import { probePixels } from "./probe-images.ts";
import { looksLikeSigmoids, type ScoreKind, scoreKindOf } from "./scores.ts";

export interface OutputRequest {
  /** What messages call the model. */
  readonly model: string;
  readonly outputName: string;
  readonly size: ImageSize;
  readonly wanted: "auto" | ScoreKind;
  /** The option `classes`. */
  readonly classes: string | undefined;
  readonly own?: readonly string[] | undefined;
  readonly data: Dataset | undefined;
  /** The model's output for some images, with its shape. */
  label(
    pixels: Uint8Array,
    count: number,
  ): Promise<{ readonly scores: Float32Array; readonly shape: readonly number[] }>;
}

export interface SettledOutput {
  readonly classNames: readonly string[];
  readonly scores: ScoreKind;
}

/**
 * Asks a loaded model for its answers to some images: how many classes there are, what they are called, and whether
 * scores are logits or probabilities. Says what was found.
 *
 * @throws KDF_TEACHER_SHAPE, KDF_INPUT_CLASSES
 */
export async function settleOutput(request: OutputRequest, context: StageContext): Promise<SettledOutput> {
  const { model, outputName, size, wanted, classes, own, data } = request;
  const { pixels, count } = await probePixels(data, size, context);
  const { scores, shape } = await request.label(pixels, count);
  const classCount = classCountOf(shape, model, outputName, count);
  const named = await modelClasses({
    model,
    count: classCount,
    file: classes,
    baseDir: context.baseDir,
    own,
    data: data?.classNames,
  });
  if (named === undefined) throw noNames(model, classCount);
  if (named.from === "data") {
    const message = `the ${classCount} classes of the teacher are taken to be the data's, in the same order`;
    context.log.info("teacherClasses", { message });
  }
  const found = scoreKindOf(scores, classCount);
  const kind = wanted === "auto" ? found : wanted;
  const told = found === "probabilities" ? "rows are ≥ 0 and sum to 1" : "rows do not sum to 1";
  const result = kind === "probabilities" ? "are probabilities; their logarithms are used" : "are logits";
  context.log.info("teacherOutput", {
    message: `the scores in "${outputName}" ${result} (${wanted === "auto" ? told : "as `output` says"})`,
    scores: kind,
    found,
  });
  if (wanted === "auto" && looksLikeSigmoids(scores, classCount)) {
    const message = `all scores in "${outputName}" lie between 0 and 1 and do not sum to 1, as those of independent sigmoids do; they are taken for logits of one choice`;
    context.log.warn("teacherSigmoids", { message });
  }
  return { classNames: named.names, scores: kind };
}

/** @throws KDF_TEACHER_SHAPE where it is not [batch, classes], with or without axes of size 1 */
export function classCountOf(shape: readonly number[], model: string, output: string, count: number): number {
  const [classes, ...others] = scoreAxes(shape);
  if (shape[0] === count && classes !== undefined && others.length === 0) return classes;
  throw wrongOutput(model, output, shape);
}

/** The axes behind the batch but those of size 1: networks that end in a pooling give `[batch, classes, 1, 1]`. */
export function scoreAxes<Size>([, ...sizes]: readonly Size[]): readonly Size[] {
  return sizes.filter((size) => size !== 1);
}

export function wrongOutput(
  model: string,
  output: string,
  shape: readonly (number | string | null | undefined)[],
): KdflowError {
  return new KdflowError(
    "KDF_TEACHER_SHAPE",
    `the output "${output}" of "${model}" is ${shapeText(shape)}, not [batch, classes]`,
    { hint: "a teacher for classification gives one row of scores for each image" },
  );
}

function noNames(model: string, count: number): KdflowError {
  return new KdflowError("KDF_INPUT_CLASSES", `nothing names the ${count} classes of "${model}"`, {
    hint: "say `classes: names.txt`, or wire the data to the teacher: `inputs: { data: data }`",
  });
}
