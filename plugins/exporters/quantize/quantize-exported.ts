import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Answers, Dataset, StageContext } from "../../../core/index.ts";
import type { ExportOnnxOptions } from "../../options.ts";
import { largestDifference } from "../copying/largest-difference.ts";
import type { ParityImages } from "../copying/parity-images.ts";
import { openExported } from "../onnx/exported-session.ts";
import type { Exporting } from "../onnx/write-exported.ts";
import { inputName } from "../onnx/write-graph.ts";
import { type PythonRequest, runPython } from "../python/run-python.ts";
import { writeCalibrationPixels } from "./calibration-pixels.ts";
import { isTooMuch, type MetricLoss, metricLoss } from "./metric-loss.ts";
import { quantizeScript } from "./quantize-script.ts";
import { sampledScores } from "./sampled-scores.ts";

/** Layers that are left out one at a time where rounding costs too much. */
const suspectCount = 4;
/** Images of a calibration batch, where the file leaves it free. */
const freeBatch = 8;

/** What the second file is, and what it costs. */
export interface Quantized {
  readonly mode: "dynamic" | "int8";
  readonly file: { readonly path: string; readonly bytes: number };
  readonly calibration?: { readonly method: string; readonly images: number; readonly split: "train" };
  /** Largest difference to the float32 file's answers, over the largest of them. */
  readonly difference: number;
  /** Left out without data to score on. */
  readonly scores?: MetricLoss;
  /** Where more is lost than allowed: what is lost with one layer left float32, the most telling layer first. */
  readonly layers?: readonly { readonly layer: string; readonly lost: number }[];
}

export interface QuantizeRequest {
  readonly exporting: Exporting;
  /** Of {@link quantizePython}. */
  readonly python: string;
  /** To calibrate on. */
  readonly data: Dataset | undefined;
  /** To score on. */
  readonly scored: Dataset | undefined;
  readonly images: ParityImages;
}

/** What has to be found before anything is written. */
export function quantizePython({ quantize }: ExportOnnxOptions, { signal }: StageContext): PythonRequest {
  const packages = { onnx: "onnx", onnxruntime: "onnxruntime" };
  return { purpose: `export/onnx with \`quantize: ${quantize}\``, packages, signal };
}

/**
 * Writes a second ONNX file with weights of eight bits beside the exported one, and scores both.
 *
 * @throws KDF_EXPORT_PYTHON, KDF_EXPORT_CALIBRATION
 */
export async function quantizeExported(request: QuantizeRequest, context: StageContext): Promise<Quantized> {
  const { exporting, data, scored, images } = request;
  const { options, chosen } = exporting;
  const mode = options.quantize === "dynamic" ? "dynamic" : "int8";
  const path = `model.${mode}.onnx`;
  const target = join(context.outputDir, path);
  const count =
    mode === "int8"
      ? await writeCalibrationPixels(pixelsOf(context), chosen, data, options.calibrationImages, context)
      : 0;
  await callPython({ target, count, suspects: 0 }, request, context);
  const { size: bytes } = await stat(target);
  const compared = await answering(exporting, exporting.session.path, (exact) =>
    answering(exporting, target, async (rounded) => {
      const { difference } = largestDifference(
        await rounded(images.pixels, images.count),
        await exact(images.pixels, images.count),
      );
      if (scored === undefined) return { difference };
      const sample = sampleOf(exporting, scored);
      const before = await sampledScores({ ...sample, answer: exact }, context);
      const after = await sampledScores({ ...sample, answer: rounded }, context);
      return { difference, scores: metricLoss(before, after, sample, context) };
    }),
  );
  const calibration = { method: options.calibration, images: count, split: "train" } as const;
  const found = { mode, file: { path, bytes }, ...(mode === "int8" ? { calibration } : {}), ...compared } as const;
  const { scores } = compared;
  if (scores === undefined || scored === undefined || !isTooMuch(scores)) return found;
  await callPython({ target, count, suspects: suspectCount }, request, context);
  const layers = await layerCosts(exporting, scored, scores, context);
  context.log.warn("quantizedWorse", { message: costText(path, scores, layers) });
  return { ...found, layers };
}

/** What the main metric loses with each suspect left float32, the least first. */
async function layerCosts(exporting: Exporting, data: Dataset, scores: MetricLoss, context: StageContext) {
  const sample = sampleOf(exporting, data);
  const layers: { layer: string; lost: number }[] = [];
  for (const { layer, path } of JSON.parse(await readFile(resultOf(context), "utf8")) as readonly Suspect[]) {
    const without = await answering(exporting, path, (answer) => sampledScores({ ...sample, answer }, context));
    layers.push({ layer, lost: metricLoss(scores.before, without, sample, context).lost });
  }
  return layers.sort((one, other) => one.lost - other.lost);
}

interface Suspect {
  readonly layer: string;
  readonly path: string;
}

const sampleOf = ({ chosen: model, isDecoded, options }: Exporting, data: Dataset) => ({
  model,
  data,
  isDecoded,
  most: options.metricImages,
});

const pixelsOf = ({ tmpDir }: StageContext): string => join(tmpDir, "calibration.pixels");
const resultOf = ({ tmpDir }: StageContext): string => join(tmpDir, "quantize-result.json");

async function callPython(
  { target, count, suspects }: { readonly target: string; readonly count: number; readonly suspects: number },
  { exporting, python }: QuantizeRequest,
  context: StageContext,
): Promise<void> {
  const { options, chosen, session } = exporting;
  const { height, width, channels } = chosen.description.imageSize;
  const content = {
    model: session.path,
    target,
    others: join(context.tmpDir, "without"),
    mode: options.quantize,
    pixels: pixelsOf(context),
    shape: [count, height, width, channels],
    input: inputName,
    layout: options.layout,
    batch: options.batch === "dynamic" ? freeBatch : options.batch,
    fixed: options.batch !== "dynamic",
    calibration: options.calibration,
    decoding: "decode",
    suspects,
    result: resultOf(context),
  };
  const file = join(context.tmpDir, "quantize-request.json");
  await writeFile(file, JSON.stringify(content));
  await runPython(python, quantizeScript, [file], quantizePython(options, context));
}

type Answer = (pixels: Uint8Array, count: number) => Promise<Answers>;

async function answering<T>(
  { session, outputNames }: Exporting,
  path: string,
  work: (answer: Answer) => Promise<T>,
): Promise<T> {
  const opened = await openExported({ ...session, path, outputs: outputNames });
  try {
    return await work((pixels, count) => opened.answer(pixels, count));
  } finally {
    opened.close();
  }
}

function costText(path: string, { metric, before, after, allowed }: MetricLoss, layers: Quantized["layers"]): string {
  const [first] = layers ?? [];
  const best = first === undefined ? "" : `; with "${first.layer}" left float32 ${first.lost.toFixed(4)} is lost`;
  const [from, to] = [before[metric], after[metric]].map((value) => value?.toFixed(4));
  return `${path} has ${metric} ${to}, the float32 file ${from}, more apart than ${allowed}${best}`;
}
