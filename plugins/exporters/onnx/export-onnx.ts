import { stat } from "node:fs/promises";
import { type Exported, loadLayersModel, type Predictor, type StageContext } from "../../../core/index.ts";
import type { ExportOnnxOptions } from "../../options.ts";
import { dataForScores } from "../copying/data-for-scores.ts";
import { type ExportSubject, put, type WrittenExport } from "../copying/model-exporter.ts";
import { type FileUse, runOnnx, takesText } from "../documents/how-to-run.ts";
import { measureScript, measureScriptName } from "../documents/measure-script.ts";
import { findPython } from "../python/run-python.ts";
import { quantizeExported, quantizePython } from "../quantize/quantize-exported.ts";
import { checkExported } from "./check-exported.ts";
import { exportReport } from "./export-report.ts";
import { onnxFileName, writeExported } from "./write-exported.ts";

/**
 * Writes a model as an ONNX file, holds its answers against the trained model's and scores it.
 *
 * @throws KDF_EXPORT_TRACE, KDF_EXPORT_KERNEL, KDF_EXPORT_PARITY, KDF_EXPORT_PYTHON, KDF_EXPORT_CALIBRATION
 */
export async function exportOnnx(
  options: ExportOnnxOptions,
  { chosen, data: given }: ExportSubject,
  context: StageContext,
): Promise<WrittenExport> {
  const python = options.quantize === "none" ? undefined : await findPython(quantizePython(options, context));
  const network = await loadLayersModel(context.tf, chosen.directory);
  let trained: Predictor | undefined;
  try {
    const exporting = await writeExported(options, chosen, network, context);
    context.signal.throwIfAborted();
    trained = await chosen.load(context.backend, context.log);
    const data = dataForScores(chosen, given, context);
    const { scores, images, parity } = await checkExported(exporting, trained, data, context);
    const { size } = await stat(exporting.session.path);
    const request = { exporting, data: given, scored: data, images };
    const quantized = python === undefined ? undefined : await quantizeExported({ ...request, python }, context);
    const models: Exported["files"] = [{ path: onnxFileName, bytes: size }, ...(quantized ? [quantized.file] : [])];
    const use: FileUse = {
      ...{ chosen, type: "uint8", layout: options.layout, outputNames: exporting.outputNames },
      ...{ batch: exporting.session.batch, isPhoto: options.input === "photo" },
    };
    return {
      report: exportReport({ ...exporting, scores, quantized }),
      files: [...models, await put(context.outputDir, measureScriptName, measureScript)],
      takes: takesText(use),
      howToRun: runOnnx(use, exporting.written.operators),
      ...{ parity, images, scores },
    };
  } finally {
    trained?.dispose();
    network.dispose();
  }
}
