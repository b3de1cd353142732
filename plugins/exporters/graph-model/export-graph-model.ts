import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs";
import {
  type Answers,
  type Dataset,
  KdflowError,
  loadLayersModel,
  type Model,
  type PortValues,
  type Predictor,
  type StageContext,
} from "../../../core/index.ts";
import type { ExportGraphModelOptions } from "../../options.ts";
import { bestModel } from "../copying/best-model.ts";
import { dataForScores } from "../copying/data-for-scores.ts";
import { largestDifference } from "../copying/largest-difference.ts";
import { parityError } from "../copying/parity-error.ts";
import { parityImages } from "../copying/parity-images.ts";
import { modelCard, modelCardName } from "../documents/model-card.ts";
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
 * Writes the best model as a graph model, holds its answers against the trained model's and scores it.
 *
 * @throws KDF_EXPORT_TRACE, KDF_EXPORT_KERNEL, KDF_EXPORT_PARITY
 */
export async function exportGraphModel(
  options: ExportGraphModelOptions,
  inputs: PortValues,
  reportFile: string,
  context: StageContext,
): Promise<void> {
  const { tf, outputDir, signal } = context;
  const chosen = bestModel([inputs["model"] ?? []].flat() as Model[], context.task);
  if (chosen === undefined) throw new KdflowError("KDF_INTERNAL", "there is no model to export");
  signal.throwIfAborted();
  const { imageSize, outputs } = chosen.description;
  const network = await loadLayersModel(tf, chosen.directory);
  let trained: Predictor | undefined;
  try {
    const isPhoto = options.input === "photo";
    // a photo of any size is answered alone
    const batch = isPhoto ? 1 : options.batch;
    const own = exportedPass(tf, network, outputs, options.boxes);
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
    const data = dataForScores(chosen, inputs["data"] as Dataset | undefined, context);
    const checked = await compare(
      { chosen, network, places, pass, outputNames, trained, data, batch, isPhoto },
      context,
    );
    const card = modelCard({
      chosen,
      options: { input: options.input, batch, layout: "nhwc" },
      outputNames,
      files,
      format: "graph-model",
      ...checked,
    });
    const beside = [await put(outputDir, modelCardName, card)];
    if (options.demo)
      for (const { path, content } of await demoFiles()) beside.push(await put(outputDir, path, content));
    const report = {
      format: "tfjs-graph-model",
      ...metadata,
      files: [...files, ...beside],
      parity: checked.parity,
      parityImages: { count: checked.images.count, source: checked.images.source },
      ...(checked.scores === undefined ? {} : { scores: checked.scores }),
    };
    await writeFile(join(outputDir, reportFile), `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    trained?.dispose();
    network.dispose();
  }
}

/** What a reader needs to know and cannot see from the graph; the page reads it too. */
function graphMetadata({ description, digest }: Model, pass: ExportedPass, options: ExportGraphModelOptions) {
  const { task, classNames, imageSize, outputs, parameters, multiplyAdds, best } = description;
  return {
    task,
    classNames,
    input: {
      ...imageSize,
      ...(options.input === "photo" ? { takes: "photos of any size" } : {}),
      batch: options.batch,
      layout: "nhwc",
      type: "int32",
      pixels: "0…255",
      normalization: "inside the graph",
    },
    outputs,
    ...(pass.isDetector ? { boxes: options.boxes } : {}),
    parameters,
    multiplyAdds,
    ...(best === undefined ? {} : { best }),
    modelDigest: digest,
  };
}

async function put(
  folder: string,
  path: string,
  content: string | Uint8Array,
): Promise<{ path: string; bytes: number }> {
  const file = join(folder, path);
  await writeFile(file, content);
  return { path, bytes: (await stat(file)).size };
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
