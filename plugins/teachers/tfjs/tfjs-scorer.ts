import type { Tensor } from "@tensorflow/tfjs";
import {
  type Backend,
  type Forward,
  type ForwardSpec,
  type ImageSize,
  KdflowError,
  type Log,
  type Tf,
} from "../../../core/index.ts";
import { createEagerForward } from "../../backends/eager/eager-forward.ts";
import { type PixelReading, readingOf, type ScoringModel, type TeacherFile } from "../asking/file-teacher.ts";

/** Samples per forward pass: many, and a few. */
const batchSizes = [64, 8];

/** A loaded model of either format. */
export interface LoadedModel {
  readonly inputType: string;
  /** @param input in the model's own layout and type */
  apply(input: Tensor): Tensor;
  dispose(): void;
}

/** What a model gives for some images, with its shape. */
export interface ShapedScores {
  readonly scores: Float32Array;
  readonly shape: readonly number[];
}

/** One pass, operation by operation: to look at what a model gives. */
export async function scoreOnce(
  tf: Tf,
  model: LoadedModel,
  { pixels, count }: { readonly pixels: Uint8Array; readonly count: number },
  size: ImageSize,
  reading: PixelReading,
): Promise<ShapedScores> {
  const input = tf.tensor(pixels, [count, size.height, size.width, size.channels], "int32");
  const output = tf.tidy(() => run(tf, model, input, reading));
  const shape = [...output.shape];
  const scores = Float32Array.from(await output.data());
  input.dispose();
  output.dispose();
  return { scores, shape };
}

/** A model's scores through the backend's captured forward pass; other readings of its pixels go operation by operation. */
export function createScorer(backend: Backend, log: Log, model: LoadedModel, file: TeacherFile): ScoringModel {
  const own = readingOf(file);
  const { height, width, channels } = file.input.size;
  const { tf } = backend;
  const specOf = (reading: PixelReading): ForwardSpec => ({
    inputs: { pixels: { shape: [height, width, channels], dtype: "uint8" } },
    batchSizes,
    forward: ({ pixels }) => ({ scores: run(tf, model, pixels as Tensor, reading) }),
    onEager(reason) {
      const message = `the teacher's forward pass is not captured and runs operation by operation: ${reason}`;
      log.warn("notCaptured", { message });
    },
  });
  const forward = backend.createForward(specOf(own));
  const others: Forward[] = [];
  return {
    async scores(pixels, count, reading) {
      const same = JSON.stringify(reading) === JSON.stringify(own);
      const used = same ? forward : createEagerForward(tf, specOf(reading));
      if (!same) others.push(used);
      const { scores } = await used.run({ pixels }, count);
      return scores ?? new Float32Array();
    },
    dispose() {
      for (const each of [forward, ...others]) each.dispose();
      model.dispose();
    },
  };
}

/** Pixels `[batch, height, width, channels]` as a model's input. */
export function modelInputOf(
  tf: Tf,
  pixels: Tensor,
  { scaling, channelOrder, layout }: PixelReading,
  inputType: string,
): Tensor {
  let images = tf.cast(pixels, "float32"); // [batch, height, width, channels]
  if (channelOrder === "bgr") images = tf.reverse(images, -1);
  const isPlain = scaling.scale.every((scale) => scale === 1) && scaling.offset.every((offset) => offset === 0);
  if (!isPlain) images = tf.add(tf.mul(images, tf.tensor1d([...scaling.scale])), tf.tensor1d([...scaling.offset]));
  if (layout === "nchw") images = tf.transpose(images, [0, 3, 1, 2]);
  return inputType === "int32" ? tf.cast(images, "int32") : images;
}

function run(tf: Tf, model: LoadedModel, pixels: Tensor, reading: PixelReading): Tensor {
  return tf.cast(model.apply(modelInputOf(tf, pixels, reading, model.inputType)), "float32");
}

/** @throws KDF_PLAN_OPTIONS where there are several */
export function soleOutput(names: readonly string[], path: string, hint: string): string {
  const [name = "output", ...others] = names;
  if (others.length === 0) return name;
  throw new KdflowError("KDF_PLAN_OPTIONS", `"${path}" has ${names.length} outputs: ${names.join(", ")}`, { hint });
}
