import type { Tensor } from "@tensorflow/tfjs";
import { type Backend, type Forward, type ForwardSpec, KdflowError, type Log, type Tf } from "../../../core/index.ts";
import { createEagerForward } from "../../backends/eager/eager-forward.ts";
import { type PixelReading, readingOf, type ScoringModel, type TeacherFile } from "../asking/file-teacher.ts";
import type { ModelInput } from "../asking/model-input.ts";
import { type Images, inLots } from "./in-lots.ts";

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

/** Operation by operation, in lots of the file's size where it has one: to look at what a model gives. */
export async function scoreOnce(
  tf: Tf,
  model: LoadedModel,
  images: Images,
  { size, batch }: Pick<ModelInput, "size" | "batch">,
  reading: PixelReading,
): Promise<ShapedScores> {
  let shape: readonly number[] = [];
  const scores = await inLots(images, batch, async ({ pixels, count }) => {
    const input = tf.tensor(pixels, [count, size.height, size.width, size.channels], "int32");
    const output = tf.tidy(() => run(tf, model, input, reading));
    shape = [images.count, ...output.shape.slice(1)];
    const values = Float32Array.from(await output.data());
    input.dispose();
    output.dispose();
    return values;
  });
  return { scores, shape };
}

/** A model's scores through the backend's captured forward pass; other readings of its pixels go operation by operation. */
export function createScorer(backend: Backend, log: Log, model: LoadedModel, file: TeacherFile): ScoringModel {
  const own = readingOf(file);
  const { height, width, channels } = file.input.size;
  const { tf } = backend;
  const specOf = (reading: PixelReading): ForwardSpec => ({
    inputs: { pixels: { shape: [height, width, channels], dtype: "uint8" } },
    batchSizes: file.input.batch === null ? batchSizes : [file.input.batch],
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
      const make = backend.blocks ? backend.createForward : (spec: ForwardSpec) => createEagerForward(tf, spec);
      const used = same ? forward : make(specOf(reading));
      if (!same) others.push(used);
      return inLots({ pixels, count }, file.input.batch ?? undefined, async (lot) => {
        const { scores } = await used.run({ pixels: lot.pixels }, lot.count);
        return scores ?? new Float32Array();
      });
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
