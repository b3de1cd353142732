import type { LayersModel } from "@tensorflow/tfjs";
import {
  type Answers,
  type Dataset,
  loadLayersModel,
  type Model,
  type Predictor,
  type StageContext,
} from "../../../core/index.ts";
import type { ExportGraphModelOptions } from "../../options.ts";
import { dataForScores } from "../copying/data-for-scores.ts";
import { largestDifference } from "../copying/largest-difference.ts";
import { type ExportSubject, put, type WrittenExport } from "../copying/model-exporter.ts";
import { parityError } from "../copying/parity-error.ts";
import { parityImages } from "../copying/parity-images.ts";
import { type FileUse, runGraphModel, takesText } from "../documents/how-to-run.ts";
import { modelFacts } from "../documents/model-facts.ts";
import { exportedScores } from "../onnx/exported-scores.ts";
import { photoPass, tripled } from "../photo/photo-pass.ts";
import { type ExportedPass, exportedPass } from "../trace/exported-pass.ts";
import { foldAffine } from "../trace/fold-affine.ts";
import { traceModel } from "../trace/trace-model.ts";
import { demoFiles } from "./demo-files.ts";
import { firstDivergingNode } from "./diverging-node.ts";
import { type OpenedGraphModel, openGraphModel } from "./open-graph-model.ts";
import { type WrittenGraphModel, writeGraphModel } from "./write-graph-model.ts";

/** Most that an answer may differ, as a share of the largest one. */
const parityLimit = 1e-4;

/**
 * Writes a model as a graph model, holds its answers against the trained model's and scores it.
 *
 * @throws KDF_EXPORT_TRACE, KDF_EXPORT_KERNEL, KDF_EXPORT_PARITY
 */
export async function exportGraphModel(
  options: ExportGraphModelOptions,
  { chosen, data: given }: ExportSubject,
  context: StageContext,
): Promise<WrittenExport> {
  const { tf, outputDir, signal } = context;
  const { imageSize, outputs } = chosen.description;
  const network = await loadLayersModel(tf, chosen.directory);
  let trained: Predictor | undefined;
  try {
    const isPhoto = options.input === "photo";
    // a photo of any size is answered alone
    const batch = isPhoto ? 1 : options.batch;
    const own = exportedPass(tf, network, outputs, options);
    const pass = isPhoto ? photoPass(own, imageSize) : own;
    // padding stays an operation of its own: not every reader of graphs knows paddings of convolutions
    const graph = foldAffine(await traceModel({ tf, model: network, imageSize, forward: pass.forward, batch }));
    const outputNames = Object.keys(graph.outputs);
    const metadata = graphMetadata(chosen, pass, { ...options, batch });
    const photo = isPhoto ? { imageSize, fit: options.fit } : undefined;
    const { json, weights, places } = writeGraphModel(graph, metadata, { photo });
    const files = [
      await put(outputDir, "model.json", JSON.stringify(json)),
      await put(outputDir, "weights.bin", weights),
    ];
    signal.throwIfAborted();
    trained = await chosen.load(context.backend, context.log);
    const data = dataForScores(chosen, given, context);
    const checked = await compare(
      { chosen, network, places, pass, outputNames, trained, data, batch, isPhoto },
      context,
    );
    const use: FileUse = { chosen, type: "int32", layout: "nhwc", batch, isPhoto, outputNames };
    if (options.demo)
      for (const { path, content } of await demoFiles()) files.push(await put(outputDir, path, content));
    return {
      report: {
        format: "tfjs-graph-model",
        ...metadata,
        ...(checked.scores === undefined ? {} : { scores: checked.scores }),
      },
      files,
      takes: takesText(use),
      howToRun: runGraphModel(use),
      ...checked,
    };
  } finally {
    trained?.dispose();
    network.dispose();
  }
}

/** What a reader needs to know and cannot see from the graph; the page reads it too. */
function graphMetadata(chosen: Model, pass: ExportedPass, options: ExportGraphModelOptions) {
  const { task, imageSize } = chosen.description;
  return {
    task,
    input: {
      ...imageSize,
      ...(options.input === "photo" ? { takes: "photos of any size" } : {}),
      batch: options.batch,
      layout: "nhwc",
      type: "int32",
      pixels: "0…255",
      normalization: "inside the graph",
    },
    ...(pass.isDetector ? { boxes: options.boxes } : {}),
    ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
    licences: options.licences,
    ...modelFacts(chosen),
  };
}

interface Comparison {
  readonly chosen: Model;
  readonly pass: ExportedPass;
  readonly outputNames: readonly string[];
  readonly trained: Predictor;
  readonly data: Dataset | undefined;
  readonly network: LayersModel;
  readonly places: WrittenGraphModel["places"];
  readonly batch: number | "dynamic";
  readonly isPhoto: boolean;
}

async function compare(comparison: Comparison, context: StageContext) {
  const { chosen, pass, outputNames, trained, data, batch, isPhoto } = comparison;
  const images = await parityImages(chosen, data, context);
  const { imageSize } = chosen.description;
  const isTripled = isPhoto && imageSize.channels === 1;
  const size = isPhoto ? { ...imageSize, channels: 3 } : imageSize;
  const opened = await openGraphModel(context.outputDir, size, outputNames, context);
  const given = batched(opened.answer, batch, size.height * size.width * size.channels);
  const exported: Answer = (pixels, count) => given(isTripled ? tripled(pixels) : pixels, count);
  try {
    const own = pass.expected(await trained.predict(images.pixels, images.count), images.count);
    const { name, difference } = largestDifference(await exported(images.pixels, images.count), own);
    if (!(difference <= parityLimit)) {
      const found = isTripled ? undefined : await diverging(comparison, opened, images.pixels, context);
      throw parityError("graph", { name, difference, found, limit: parityLimit });
    }
    if (data === undefined) return { parity: difference, images, scores: undefined };
    const ofModel = async (pixels: Uint8Array, count: number) => trained.predict(pixels, count);
    const request = { model: chosen, data, trained: ofModel, exported, isDecoded: pass.isDecoded };
    return { parity: difference, images, scores: await exportedScores(request, context) };
  } finally {
    opened.close();
  }
}

function diverging(
  { chosen, network, places, pass, batch }: Comparison,
  opened: OpenedGraphModel,
  pixels: Uint8Array,
  { tf }: StageContext,
): ReturnType<typeof firstDivergingNode> {
  const { imageSize } = chosen.description;
  const images = batch === "dynamic" ? 2 : batch;
  const part = pixels.slice(0, images * imageSize.height * imageSize.width * imageSize.channels);
  const { forward } = pass;
  return firstDivergingNode({
    ...{ tf, model: network, forward, imageSize, places, opened, images },
    pixels: part,
    limit: parityLimit,
  });
}

type Answer = Awaited<ReturnType<typeof openGraphModel>>["answer"];

/** Any number of images, by batches of the size that the graph takes; the last is filled up with black. */
function batched(answer: Answer, batch: number | "dynamic", imageBytes: number): Answer {
  if (batch === "dynamic") return answer;
  return async (pixels, count) => {
    const parts: { readonly answers: Answers; readonly share: number }[] = [];
    for (let start = 0; start < count; start += batch) {
      const filled = new Uint8Array(batch * imageBytes);
      filled.set(pixels.subarray(start * imageBytes, Math.min(start + batch, count) * imageBytes));
      parts.push({ answers: await answer(filled, batch), share: Math.min(batch, count - start) / batch });
    }
    const names = Object.keys(parts[0]?.answers ?? {});
    const joined = names.map((name) => {
      const values = parts.map(({ answers, share }) => {
        const all = answers[name] ?? new Float32Array();
        return all.subarray(0, all.length * share);
      });
      return [name, Float32Array.from(values.flatMap((each) => [...each]))] as const;
    });
    return Object.fromEntries(joined);
  };
}
