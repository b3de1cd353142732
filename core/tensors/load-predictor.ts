import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { Predictor } from "../contracts/artifacts.ts";
import type { Backend } from "../contracts/backend.ts";
import type { ImageSize } from "../contracts/dataset.ts";
import type { ForwardSpec } from "../contracts/forward.ts";
import type { Log } from "../contracts/log.ts";
import type { Outputs } from "../contracts/outputs.ts";
import type { RawOutput } from "../contracts/task.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { loadLayersModel } from "./layers-model-files.ts";
import { tappedModel } from "./tapped-model.ts";

/** Most samples per forward pass, and most bytes of the pixels that go in at once. */
const mostSamples = 256;
const mostPixelBytes = 64 * 2 ** 20;
/** Samples of small passes: a few, and one, whose latency is measured. */
const smallBatches = [32, 1];

/** A layers model that looks at images, in memory. */
export interface LoadedModel extends Predictor {
  readonly imageSize: ImageSize;
}

/**
 * Loads a layers model that takes pixels 0…255.
 *
 * @param outputsOf says what its outputs are, one for each in the model's order
 * @param taps of a network that was trained here, see `writeTaps`
 * @param log told where the backend cannot capture the forward pass
 * @returns caller disposes
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 */
export async function loadPredictor(
  backend: Backend,
  log: Log,
  directory: string,
  outputsOf: (raw: readonly RawOutput[]) => Outputs,
  taps: Outputs = {},
): Promise<LoadedModel> {
  const { tf } = backend;
  const model = await loadLayersModel(tf, directory);
  try {
    const imageSize = imageSizeOf(model, directory);
    const outputs = outputsOf(rawOutputs(model));
    const names = Object.keys(outputs);
    const { height, width, channels } = imageSize;
    const spec: Omit<ForwardSpec, "forward"> = {
      inputs: { pixels: { shape: [height, width, channels], dtype: "uint8" } },
      batchSizes: batchSizes(imageSize),
      onEager(reason) {
        const message = `the model's forward pass is not captured and runs operation by operation: ${reason}`;
        log.warn("notCaptured", { message });
      },
    };
    const tapped = tappedModel(backend, directory, names, spec);
    const forward = backend.createForward({
      ...spec,
      // not `predict`, which cuts the batch into pieces of 32
      forward({ pixels }) {
        const given = [model.apply(tf.cast(pixels as Tensor, "float32")) as Tensor | Tensor[]].flat();
        return Object.fromEntries(given.map((tensor, place) => [names[place] ?? String(place), tensor]));
      },
    });
    return {
      imageSize,
      outputs,
      taps,
      async predict(pixels, count, asked = names) {
        // a detector's head and neck both have a p3: asked for by name, the tap is meant
        const isOutput = (name: string) => (taps[name] ?? outputs[name])?.kind === outputs[name]?.kind;
        const own = asked === names || asked.every(isOutput) ? forward : await tapped.forward(asked);
        return own.run({ pixels }, count);
      },
      dispose() {
        tapped.dispose();
        forward.dispose();
        model.dispose();
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The largest batch, a power of two whose pixels fit as float32, and smaller ones. */
export function batchSizes({ height, width, channels }: ImageSize): readonly number[] {
  const fitting = Math.floor(mostPixelBytes / (height * width * channels * 4));
  const largest = 2 ** Math.floor(Math.log2(Math.min(mostSamples, Math.max(1, fitting))));
  return [largest, ...smallBatches.filter((size) => size < largest)];
}

function imageSizeOf({ inputs }: LayersModel, directory: string): ImageSize {
  const input = inputs[0]?.shape ?? [];
  const [, height, width, channels] = input;
  const problem =
    inputs.length !== 1 || input.length !== 4
      ? `takes ${inputs.length} inputs, the first of shape ${shapeText(input)}, not one batch of images`
      : `leaves its input size free: ${shapeText(input)}`;
  const isWhole = input.slice(1).every((side) => side === null || (Number.isSafeInteger(side) && side > 0));
  if (inputs.length === 1 && input.length === 4 && isWhole && height && width && channels)
    return { height, width, channels };
  throw new KdflowError("KDF_INPUT_FORMAT", `the model in "${directory}" ${problem}`, {
    hint: "a model takes [batch, height, width, channels]",
  });
}

function rawOutputs({ outputs, outputNames }: LayersModel): readonly RawOutput[] {
  return outputs.map(({ shape, sourceLayer }, place) => ({
    name: outputNames[place] ?? String(place),
    shape: shape.slice(1),
    isSoftmax: sourceLayer.getClassName() === "Softmax" || sourceLayer.getConfig()["activation"] === "softmax",
  }));
}

function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? "any").join(", ")}]`;
}
