import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { Answers, Model, StageContext } from "../../../core/index.ts";
import type { ExportOnnxOptions } from "../../options.ts";
import { photoPass } from "../photo/photo-pass.ts";
import { exportedPass } from "../trace/exported-pass.ts";
import { optimizedGraph } from "../trace/optimized-graph.ts";
import { traceModel } from "../trace/trace-model.ts";
import type { SessionRequest } from "./exported-session.ts";
import { fileMetadata } from "./file-metadata.ts";
import { pluginEmitters } from "./plugin-emitters.ts";
import { detectionOutputs } from "./suppression.ts";
import { type WrittenGraph, writeGraph } from "./write-graph.ts";

/** Name of the file that is written. */
export const onnxFileName = "model.onnx";

/** A model that is being exported, and how its file answers. */
export interface Exporting {
  readonly options: ExportOnnxOptions;
  readonly chosen: Model;
  readonly model: LayersModel;
  readonly forward: (pixels: Tensor) => Readonly<Record<string, Tensor>>;
  /** What the trained model's answers become in the file. */
  readonly expected: (answers: Answers, count: number) => Answers;
  readonly isDecoded: boolean;
  /** Whether the file suppresses boxes itself. */
  readonly isSuppressed: boolean;
  /** Names of the file's outputs, in their order. */
  readonly outputNames: readonly string[];
  readonly written: WrittenGraph;
  readonly session: Omit<SessionRequest, "bytes" | "outputs">;
}

/**
 * Traces a model and writes it as an ONNX file into the stage's folder.
 *
 * @param model `chosen`, loaded
 * @throws KDF_EXPORT_TRACE, KDF_EXPORT_KERNEL
 */
export async function writeExported(
  options: ExportOnnxOptions,
  chosen: Model,
  model: LayersModel,
  context: Pick<StageContext, "tf" | "outputDir" | "provider">,
): Promise<Exporting> {
  const { tf, outputDir } = context;
  const { boxes, layout, input, fit, licences } = options;
  const { outputs, imageSize } = chosen.description;
  const isPhoto = input === "photo";
  const own = exportedPass(tf, model, outputs, options);
  const { forward, expected, isDetector, isDecoded } = isPhoto ? photoPass(own, imageSize) : own;
  const isSuppressed = isDecoded && boxes === "nms";
  const batch = imagesAtOnce(options, isDetector);
  const graph = optimizedGraph(await traceModel({ tf, model, imageSize, forward, batch }));
  const { description, digest } = chosen;
  const shown = { description, digest, layout, boxes: isDetector ? boxes : undefined, isPhoto, licences };
  const written = writeGraph({
    graph,
    layout,
    metadata: fileMetadata(shown),
    emitters: await pluginEmitters(options.emitters, context),
    photo: isPhoto ? { imageSize, fit } : undefined,
    suppress: isSuppressed,
  });
  const path = join(outputDir, onnxFileName);
  await writeFile(path, written.bytes);
  const outputNames = isSuppressed ? detectionOutputs : Object.keys(graph.outputs);
  return {
    outputNames,
    options,
    chosen,
    model,
    forward,
    expected,
    isDecoded,
    isSuppressed,
    written,
    session: { path, imageSize: isPhoto ? { ...imageSize, channels: 3 } : imageSize, layout, batch },
  };
}

/** Photos of any size, and boxes that are chosen inside, are those of one image. */
function imagesAtOnce({ batch, input, boxes }: ExportOnnxOptions, isDetector: boolean): number | "dynamic" {
  return input === "photo" || (isDetector && boxes === "nms") ? 1 : batch;
}
