import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { StageContext } from "../../../core/index.ts";
import { differenceOf } from "../copying/largest-difference.ts";
import type { ParityImages } from "../copying/parity-images.ts";
import type { DivergingLayer } from "../onnx/diverging-layer.ts";
import { disposeRecording, recordKernels } from "../trace/record-kernels.ts";
import { isPerImage } from "../trace/traced-graph.ts";
import { buildTensorflow } from "./build-tensorflow.ts";
import { openTensorflow } from "./open-tensorflow.ts";
import type { TensorflowExporting } from "./tensorflow-form.ts";

/** The first result, in the order of the graph, in which what TensorFlow wrote and the network differ by more than `limit`. */
export async function firstDivergingNode(
  exporting: TensorflowExporting,
  { pixels, count }: ParityImages,
  limit: number,
  context: StageContext,
): Promise<DivergingLayer | undefined> {
  const { form, python, chosen, network, pass, written } = exporting;
  const images = form.batch === "dynamic" ? Math.min(2, count) : form.batch;
  if (images > count) return undefined;
  const { height, width, channels } = chosen.description.imageSize;
  const places = written.places.filter(({ value: { dtype, shape } }) => {
    const [batch] = shape;
    return dtype === "float32" && (isPerImage(batch) ? batch.perImage === 1 : batch === images);
  });
  const outputs = Object.fromEntries(places.map(({ name }, place) => [`place${place}`, name]));
  const folder = await mkdtemp(join(context.tmpDir, "places-"));
  const savedModel = join(folder, "saved-model");
  const lite = { path: join(folder, "places.tflite"), type: "float32" } as const;
  const lites = form.kind === "tflite" ? [lite] : [];
  await buildTensorflow({ python, written, outputs, savedModel, lites }, context, exporting);
  const path = form.kind === "tflite" ? lite.path : savedModel;
  const file = { ...form, ...chosen.description, python, path, outputs: Object.keys(outputs) };
  const session = openTensorflow(file, context, exporting);
  const part = pixels.slice(0, images * height * width * channels);
  const input = context.tf.tensor4d(Float32Array.from(part), [images, height, width, channels]);
  const recording = recordKernels({ ...pass, tf: context.tf, model: network, input, keepsValues: true });
  try {
    const answers = await session.answer(part, images);
    for (const [place, { node }] of places.entries()) {
      const recorded = recording.kernels[node.place]?.outputs[0];
      const kept = recorded === undefined ? undefined : recording.tensors[recorded]?.kept;
      if (kept === undefined) continue;
      const difference = differenceOf(answers[`place${place}`], await kept.data());
      if (difference > limit) return { layer: node.layer, kernel: node.kernel, difference };
    }
    return undefined;
  } finally {
    input.dispose();
    disposeRecording(recording);
    session.close();
  }
}
