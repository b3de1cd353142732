import { layersModelFiles } from "../../core/tensors/layers-model-files.ts";
import { loadPredictor } from "../../core/tensors/load-predictor.ts";
import { loadBackend } from "../support/backend.ts";

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** Files of a model of TensorFlow.js with a branch, by name. */
export async function smallLayersModel(): Promise<Readonly<Record<string, Uint8Array>>> {
  const { tf } = await loadBackend("cpu");
  const input = tf.input({ shape: [4, 4, 1] });
  const conv = tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: "same" }).apply(input);
  const other = tf.layers.activation({ activation: "relu" }).apply(conv);
  const sum = tf.layers.add().apply([conv, other] as never);
  const model = tf.model({ inputs: input, outputs: sum as never });
  const files = await layersModelFiles(model);
  model.dispose();
  return files;
}

/** Builds the model and asks it once. */
export async function readLayersModel(folder: string): Promise<void> {
  const predictor = await loadPredictor(await loadBackend("cpu"), log, folder, (raw) =>
    Object.fromEntries(raw.map(({ name, shape }) => [name, { kind: "map", shape: shape.map((side) => side ?? 0) }])),
  );
  try {
    const { height, width, channels } = predictor.imageSize;
    const pixels = height * width * channels;
    if (pixels <= 2 ** 20) await predictor.predict(new Uint8Array(pixels), 1);
  } finally {
    predictor.dispose();
  }
}
