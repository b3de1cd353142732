import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StageContext } from "../../../core/index.ts";
import type { WrittenGraphModel } from "../graph-model/write-graph-model.ts";
import { inputName } from "../onnx/write-graph.ts";
import { type PythonRequest, runPython } from "../python/run-python.ts";
import { buildScript } from "./build-script.ts";

/** A TFLite file that is converted from the SavedModel. */
export interface LiteRequest {
  readonly path: string;
  readonly type: "float32" | "float16" | "int8";
  /** File of calibration images, for int8. */
  readonly pixels?: string;
}

export interface BuildRequest {
  readonly python: string;
  readonly written: Pick<WrittenGraphModel, "json" | "weights">;
  /** Nodes of the graph by the names that they have as outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Folder of the SavedModel. */
  readonly savedModel: string;
  readonly lites: readonly LiteRequest[];
}

/**
 * Has TensorFlow write a graph as a SavedModel, and as a TFLite file for each precision wanted.
 *
 * @throws KDF_EXPORT_PYTHON where it refuses
 */
export async function buildTensorflow(
  { python, written, outputs, savedModel, lites }: BuildRequest,
  { tmpDir, signal }: Pick<StageContext, "tmpDir" | "signal">,
  { purpose }: Pick<PythonRequest, "purpose">,
): Promise<void> {
  const [graph, weights, request] = ["graph.json", "weights.bin", "request.json"].map((name) => join(tmpDir, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(graph, JSON.stringify(written.json));
  await writeFile(weights, written.weights);
  await writeFile(request, JSON.stringify({ graph, weights, input: inputName, outputs, savedModel, lites }));
  await runPython(python, buildScript, [request], { purpose, signal });
}
