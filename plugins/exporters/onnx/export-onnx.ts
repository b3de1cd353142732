import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Dataset,
  type Exported,
  KdflowError,
  loadLayersModel,
  type Model,
  type PortValues,
  type Predictor,
  type StageContext,
} from "../../../core/index.ts";
import type { ExportOnnxOptions } from "../../options.ts";
import { bestModel } from "../copying/best-model.ts";
import { dataForScores } from "../copying/data-for-scores.ts";
import { measureScript, measureScriptName } from "../documents/measure-script.ts";
import { modelCard, modelCardName } from "../documents/model-card.ts";
import { findPython } from "../python/run-python.ts";
import { quantizeExported, quantizePython } from "../quantize/quantize-exported.ts";
import { checkExported } from "./check-exported.ts";
import { exportReport } from "./export-report.ts";
import { onnxFileName, writeExported } from "./write-exported.ts";

/**
 * Writes the best model as an ONNX file, holds its answers against the trained model's and scores it.
 *
 * @throws KDF_EXPORT_TRACE, KDF_EXPORT_KERNEL, KDF_EXPORT_PARITY, KDF_EXPORT_PYTHON, KDF_EXPORT_CALIBRATION
 */
export async function exportOnnx(
  options: ExportOnnxOptions,
  inputs: PortValues,
  reportFile: string,
  context: StageContext,
): Promise<void> {
  const chosen = bestModel([inputs["model"] ?? []].flat() as Model[], context.task);
  if (chosen === undefined) throw new KdflowError("KDF_INTERNAL", "there is no model to export");
  context.signal.throwIfAborted();
  const python = options.quantize === "none" ? undefined : await findPython(quantizePython(options, context));
  const network = await loadLayersModel(context.tf, chosen.directory);
  let trained: Predictor | undefined;
  try {
    const exporting = await writeExported(options, chosen, network, context);
    context.signal.throwIfAborted();
    trained = await chosen.load(context.backend, context.log);
    const data = dataForScores(chosen, inputs["data"] as Dataset | undefined, context);
    const { scores, images, parity } = await checkExported(exporting, trained, data, context);
    const { size } = await stat(exporting.session.path);
    const request = { exporting, data: inputs["data"] as Dataset | undefined, scored: data, images };
    const quantized = python === undefined ? undefined : await quantizeExported({ ...request, python }, context);
    const models: FileSize[] = [{ path: onnxFileName, bytes: size }, ...(quantized ? [quantized.file] : [])];
    const card = modelCard({
      ...exporting,
      options: { ...options, batch: exporting.session.batch },
      format: "onnx",
      files: models,
      parity,
      images,
      scores,
    });
    const beside = [
      await written(context.outputDir, modelCardName, card),
      await written(context.outputDir, measureScriptName, measureScript),
    ];
    const report = exportReport({ ...exporting, files: [...models, ...beside], parity, images, scores, quantized });
    await writeFile(join(context.outputDir, reportFile), `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    trained?.dispose();
    network.dispose();
  }
}

type FileSize = Exported["files"][number];

async function written(folder: string, path: string, content: string): Promise<FileSize> {
  await writeFile(join(folder, path), content);
  return { path, bytes: Buffer.byteLength(content) };
}
