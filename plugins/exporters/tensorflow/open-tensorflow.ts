import type { ImageSize, StageContext } from "../../../core/index.ts";
import { inputName } from "../onnx/write-graph.ts";
import { openPythonSession, type PythonSession } from "../python/python-session.ts";
import type { PythonRequest } from "../python/run-python.ts";
import { answerScript } from "./answer-script.ts";

export interface TensorflowFile {
  readonly python: string;
  readonly kind: "saved-model" | "tflite";
  readonly path: string;
  readonly imageSize: ImageSize;
  readonly batch: number | "dynamic";
  readonly outputs: readonly string[];
}

/** A SavedModel or a TFLite file in Python; takes any number of images, whatever the file's batch. */
export function openTensorflow(
  { python, kind, path, imageSize, batch, outputs }: TensorflowFile,
  { signal }: Pick<StageContext, "signal">,
  { purpose }: Pick<PythonRequest, "purpose">,
): PythonSession {
  const { height, width, channels } = imageSize;
  const size = batch === "dynamic" ? "0" : String(batch);
  const args = [kind, path, inputName, JSON.stringify([height, width, channels]), size, JSON.stringify(outputs)];
  return openPythonSession(python, answerScript, args, { purpose, signal, outputs });
}
