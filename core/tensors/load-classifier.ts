import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { Predictor } from "../contracts/artifacts.ts";
import type { ImageSize } from "../contracts/dataset.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { Log } from "../plugins/context.ts";
import type { Backend } from "./backend.ts";
import { loadLayersModel } from "./layers-model-files.ts";

/** Samples per forward pass when a model labels pixels: many, a few, and one, whose latency is measured. */
const batchSizes = [256, 32, 1];

/** A layers model that labels images, in memory, with what its own files say of it. */
export interface Classifier extends Predictor {
  readonly inputSize: ImageSize;
  readonly classes: number;
  /** What its outputs are: a model that ends in a softmax gives probabilities. */
  readonly outputs: "logits" | "probabilities";
}

/**
 * Loads a classifier that takes pixels 0…255.
 *
 * @param log told where the backend cannot capture the forward pass
 * @returns caller disposes
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 */
export async function loadClassifier(backend: Backend, log: Log, directory: string): Promise<Classifier> {
  const { tf } = backend;
  const model = await loadLayersModel(tf, directory);
  let shapes: Pick<Classifier, "inputSize" | "classes">;
  try {
    shapes = shapesOf(model, directory);
  } catch (error) {
    model.dispose();
    throw error;
  }
  const { height, width, channels } = shapes.inputSize;
  const forward = backend.createForward({
    inputs: { pixels: { shape: [height, width, channels], dtype: "uint8" } },
    batchSizes,
    // not `predict`, which cuts the batch into pieces of 32
    forward: ({ pixels }) => ({ logits: model.apply(tf.cast(pixels as Tensor, "float32")) as Tensor }),
    onEager(reason) {
      const message = `the model's forward pass is not captured and runs operation by operation: ${reason}`;
      log.warn("notCaptured", { message });
    },
  });
  return {
    ...shapes,
    outputs: endsInSoftmax(model) ? "probabilities" : "logits",
    async predict(pixels, count) {
      const { logits } = await forward.run({ pixels }, count);
      return logits ?? new Float32Array();
    },
    dispose() {
      forward.dispose();
      model.dispose();
    },
  };
}

function shapesOf({ inputs, outputs }: LayersModel, directory: string): Pick<Classifier, "inputSize" | "classes"> {
  const input = inputs[0]?.shape ?? [];
  const output = outputs[0]?.shape ?? [];
  const [, height, width, channels] = input;
  const classes = output[1];
  const problem =
    inputs.length !== 1 || input.length !== 4
      ? `takes ${inputs.length} inputs, the first of shape ${shapeText(input)}, not one batch of images`
      : outputs.length !== 1 || output.length !== 2 || !classes
        ? `gives ${outputs.length} outputs, the first of shape ${shapeText(output)}, not one row of scores per image`
        : !height || !width || !channels
          ? `leaves its input size free: ${shapeText(input)}`
          : undefined;
  if (problem === undefined && height && width && channels && classes) {
    return { inputSize: { height, width, channels }, classes };
  }
  throw new KdflowError("KDF_INPUT_FORMAT", `the model in "${directory}" ${problem}`, {
    hint: "a classifier takes [batch, height, width, channels] and gives [batch, classes]",
  });
}

function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? "any").join(", ")}]`;
}

function endsInSoftmax({ outputs }: LayersModel): boolean {
  const layer = outputs[0]?.sourceLayer;
  if (layer === undefined) return false;
  return layer.getClassName() === "Softmax" || layer.getConfig()["activation"] === "softmax";
}
