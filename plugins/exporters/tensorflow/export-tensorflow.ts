import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Exported, loadLayersModel, type Predictor, type StageContext } from "../../../core/index.ts";
import { dataForScores } from "../copying/data-for-scores.ts";
import { type ExportSubject, put, type WrittenExport } from "../copying/model-exporter.ts";
import { type FileUse, runSavedModel, runTflite, takesText } from "../documents/how-to-run.ts";
import { measureScript, measureScriptName } from "../documents/measure-script.ts";
import { findPython } from "../python/run-python.ts";
import { writeCalibrationPixels } from "../quantize/calibration-pixels.ts";
import { buildTensorflow, type LiteRequest } from "./build-tensorflow.ts";
import { checkTensorflow } from "./check-tensorflow.ts";
import type { TensorflowForm } from "./tensorflow-form.ts";
import { tensorflowReport } from "./tensorflow-report.ts";
import { traceForTensorflow } from "./trace-for-tensorflow.ts";

/**
 * Writes a model as a SavedModel or a TFLite file, holds its answers against the trained model's and scores it.
 *
 * @throws KDF_EXPORT_PYTHON, KDF_EXPORT_TRACE, KDF_EXPORT_KERNEL, KDF_EXPORT_CALIBRATION, KDF_EXPORT_PARITY
 */
export async function exportTensorflow(
  form: TensorflowForm,
  { chosen, data: own }: ExportSubject,
  context: StageContext,
): Promise<WrittenExport> {
  const { outputDir, tmpDir, signal } = context;
  const purpose = `export/${form.kind}`;
  const step = (done: number) => context.progress({ unit: "steps", label: form.kind, done, total: 3 });
  step(0);
  const python = await findPython({ purpose, packages: { tensorflow: "tensorflow-cpu" }, signal });
  const network = await loadLayersModel(context.tf, chosen.directory);
  let trained: Predictor | undefined;
  try {
    const exporting = await traceForTensorflow({ form, python, purpose, chosen, network }, context);
    const pixels = join(tmpDir, "calibration.pixels");
    const isRounded = form.kind === "tflite" && form.precision === "int8";
    const calibrated = isRounded
      ? await writeCalibrationPixels(pixels, chosen, own, form.calibrationImages, context)
      : undefined;
    const paths = pathsOf(form, context);
    const lites: LiteRequest[] = [];
    if (form.kind === "tflite") lites.push({ path: paths.exact, type: "float32" });
    if (paths.final !== paths.exact) lites.push({ path: paths.final, type: form.precision, pixels });
    step(1);
    const outputs = Object.fromEntries(exporting.outputNames.map((name) => [name, name]));
    const savedModel = form.kind === "tflite" ? join(tmpDir, "saved-model") : paths.final;
    await buildTensorflow({ ...exporting, outputs, savedModel, lites }, context, { purpose });
    step(2);
    trained = await chosen.load(context.backend, context.log);
    const data = dataForScores(chosen, own, context);
    const checked = await checkTensorflow({ exporting, paths, trained, data }, context);
    step(3);
    const { outputNames } = exporting;
    const use: FileUse = { chosen, type: "uint8", layout: "nhwc", batch: form.batch, isPhoto: false, outputNames };
    const { scores } = checked;
    if (form.kind === "tflite") await put(outputDir, measureScriptName, measureScript);
    return {
      ...checked,
      report: tensorflowReport(exporting, { ...checked, calibrated }),
      files: await filesIn(outputDir),
      takes: takesText(use),
      howToRun: form.kind === "tflite" ? runTflite(use) : runSavedModel(use),
      scores: scores && { sampleCount: scores.sampleCount, trained: scores.before, exported: scores.after },
    };
  } finally {
    trained?.dispose();
    network.dispose();
  }
}

/** What is left in the stage's folder, and the float32 form that is held against the network. */
function pathsOf({ kind, precision }: TensorflowForm, { outputDir, tmpDir }: StageContext) {
  const final = join(outputDir, kind === "tflite" ? "model.tflite" : "saved-model");
  return { final, exact: precision === "float32" ? final : join(tmpDir, "float32.tflite") };
}

async function filesIn(folder: string): Promise<Exported["files"]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const sized = paths.sort().map(async (path) => {
    return { path: relative(folder, path).split(sep).join("/"), bytes: (await stat(path)).size };
  });
  return Promise.all(sized);
}
