import type { Model } from "../../../core/index.ts";
import type { ExportOnnxOptions } from "../../options.ts";
import { modelFacts } from "../documents/model-facts.ts";
import type { Quantized } from "../quantize/quantize-exported.ts";
import type { ExportedScores } from "./exported-scores.ts";
import { inputName } from "./write-graph.ts";

export interface ReportRequest {
  readonly options: ExportOnnxOptions;
  readonly chosen: Model;
  readonly session: { readonly batch: number | "dynamic" };
  readonly scores: ExportedScores | undefined;
  readonly quantized: Quantized | undefined;
}

/** What a reader of the folder needs to use the file; no times, hosts or paths. */
export function exportReport(request: ReportRequest): Readonly<Record<string, unknown>> {
  const { options, chosen, scores, quantized } = request;
  const { task, imageSize } = chosen.description;
  return {
    format: "onnx",
    opset: 18,
    task,
    input: {
      name: inputName,
      type: "uint8",
      ...imageSize,
      ...(options.input === "photo" ? { takes: "photos of any size" } : {}),
      layout: options.layout,
      batch: request.session.batch,
      normalization: "inside the graph",
    },
    boxes: options.boxes,
    ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
    ...modelFacts(chosen),
    ...(scores === undefined ? {} : { scores }),
    ...(quantized === undefined ? {} : { quantized }),
  };
}
