import { modelFacts } from "../documents/model-facts.ts";
import { inputName } from "../onnx/write-graph.ts";
import type { TensorflowChecked } from "./check-tensorflow.ts";
import type { TensorflowExporting } from "./tensorflow-form.ts";

/** What a reader of the folder needs to use the files; no times, hosts or paths. */
export function tensorflowReport(
  { form, pass, chosen }: TensorflowExporting,
  checked: TensorflowChecked & { readonly calibrated: number | undefined },
): Readonly<Record<string, unknown>> {
  const { task, imageSize } = chosen.description;
  const { difference, scores, calibrated } = checked;
  return {
    format: form.kind,
    precision: form.precision,
    task,
    input: {
      name: inputName,
      type: "uint8",
      ...imageSize,
      layout: "nhwc",
      batch: form.batch,
      normalization: "inside the graph",
    },
    ...(pass.isDetector ? { boxes: form.boxes } : {}),
    ...(form.temperature === undefined ? {} : { temperature: form.temperature }),
    ...modelFacts(chosen),
    ...(difference === undefined ? {} : { difference }),
    ...(calibrated === undefined ? {} : { calibration: { images: calibrated, split: "train" } }),
    ...(scores === undefined ? {} : { scores }),
  };
}
