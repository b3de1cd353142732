import type { Scalar, Tensor, layers as tfLayers } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesFgdOptions } from "../options.ts";
import { boxMasks, maskInputs, maskSpecs } from "./feature-masks/box-masks.ts";

type Given = "studentFeatures" | "teacherFeatures" | "foreground" | "background";
type Layers = Readonly<Record<string, tfLayers.Layer>>;

/**
 * Focal and global distillation of a detector's features. With the attention of places
 * a = H·W · softmax(mean over channels of |f| / τ) and of channels c = C · softmax(mean over places of |f| / τ), both of
 * the teacher, M the weights of the foreground and N those of the background,
 *
 * foreground · Σ a c M (fS − fT)² + background · Σ a c N (fS − fT)² + attention · (Σ |aS − aT| + Σ |cS − cT|)
 * + relation · Σ (r(fS) − r(fT))²,
 *
 * each over the batch. r adds to every place what a block of global context makes of all of them: a softmax over places
 * of a 1×1 convolution, and two more with layer norm and relu between them, the last of which begins as zeros; student
 * and teacher have a block each, trained beside the student. Nothing flows to the teacher.
 *
 * M is by `regions`: `boxes`, 1 over the cells of the smallest box of the truth that covers a cell; `fine-grained`, 1 over
 * the number of cells at which an anchor of the student's overlaps a box by more than half of the best such overlap;
 * `teacher-score`, a teacher's score of the surest stored box that covers a cell, over the box's cells; `all`, 1 over all
 * cells. N is 1 over the number of cells without foreground.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]`; by `regions` also `boxes`
 * `[batch, capacity, 6]`, `teacherRows`, or `studentP3`, `studentP4` and `studentP5` for their anchors.
 *
 * @see Yang, Li, Jiang, Gong, Yuan, Zhao, Yuan (2022), arXiv:2111.11837, equations 2 to 9; for `fine-grained` Wang, Yuan,
 *   Zhang, Feng (2019), arXiv:1906.03609
 */
export const fgd: ProviderOf<"losses"> = defineLoss({
  id: "fgd",
  summary: "a detector's features, things and background apart (Yang and others 2022)",
  reference: "arXiv:2111.11837",
  cacheVersion: 1,
  matches: "features at the taps that `at` names, weighted by where boxes are",
  needs: ({ regions }: LossesFgdOptions) => [...["studentFeatures", "teacherFeatures"], ...maskInputs[regions]],
  adapts: true,
  create(options: LossesFgdOptions, { tf, detach }) {
    let grid: readonly number[] = [];
    return {
      prepared(shapes) {
        grid = shapes["studentFeatures"] ?? [];
        return maskSpecs(grid);
      },
      prepare: (batch, _rng, outputs) => boxMasks(batch, grid, outputs, options.regions),
      layers(shapes, rng) {
        if (options.relation === 0) return {};
        const channels = shapes["teacherFeatures"]?.at(-1) ?? 1;
        const seed = (): number => rng.uint32();
        return { ...contextLayers(tf, "student", channels, seed), ...contextLayers(tf, "teacher", channels, seed) };
      },
      compute(given, _scalars, { layers }) {
        const {
          studentFeatures: student,
          foreground,
          background,
          ...others
        } = given as Readonly<Record<Given, Tensor>>;
        const teacher = detach(others.teacherFeatures);
        const [own, its] = [
          attentionOf(tf, student, options.temperature),
          attentionOf(tf, teacher, options.temperature),
        ];
        const apart = tf.mul(tf.squaredDifference(student, teacher), tf.mul(its.places, its.channels));
        const told = tf.addN([
          tf.mul(tf.sum(tf.mul(apart, foreground)), options.foreground),
          tf.mul(tf.sum(tf.mul(apart, background)), options.background),
          tf.mul(
            tf.add(distance(tf, own.places, its.places), distance(tf, own.channels, its.channels)),
            options.attention,
          ),
        ]) as Scalar;
        const batch = student.shape[0] ?? 1;
        if (options.relation === 0) return tf.div(told, batch);
        const related = tf.squaredDifference(
          withContext(tf, student, layers as Layers, "student"),
          withContext(tf, teacher, layers as Layers, "teacher"),
        );
        return tf.div(tf.add(told, tf.mul(tf.sum(related), options.relation)), batch);
      },
    };
  },
});

/** Attention of places `[batch, height, width, 1]` and of channels `[batch, 1, 1, channels]`. */
function attentionOf(tf: Tf, features: Tensor, temperature: number): { places: Tensor; channels: Tensor } {
  const [batch = 1, height = 1, width = 1, channels = 1] = features.shape;
  const size = tf.abs(features);
  const ofPlaces = tf.reshape(tf.mean(size, -1), [batch, height * width]);
  const ofChannels = tf.mean(size, [1, 2]);
  const share = (means: Tensor, count: number): Tensor => tf.mul(tf.softmax(tf.div(means, temperature)), count);
  return {
    places: tf.reshape(share(ofPlaces, height * width), [batch, height, width, 1]),
    channels: tf.reshape(share(ofChannels, channels), [batch, 1, 1, channels]),
  };
}

const distance = (tf: Tf, one: Tensor, other: Tensor): Tensor => tf.sum(tf.abs(tf.sub(one, other)));

type Side = "student" | "teacher";

/** On the last axis a dense layer is a 1×1 convolution. */
function contextLayers(tf: Tf, side: Side, channels: number, seed: () => number): Layers {
  const half = Math.max(1, Math.floor(channels / 2));
  const dense = (inputs: number, units: number, isZero = false): tfLayers.Layer => {
    const kernelInitializer = isZero ? "zeros" : tf.initializers.heNormal({ seed: seed() });
    const layer = tf.layers.dense({ units, kernelInitializer });
    layer.build([null, inputs]);
    return layer;
  };
  const norm = tf.layers.layerNormalization({ epsilon: 1e-5 });
  norm.build([null, half]);
  return {
    [`${side}Mask`]: dense(channels, 1),
    [`${side}Down`]: dense(channels, half),
    [`${side}Norm`]: norm,
    [`${side}Up`]: dense(half, channels, true),
  };
}

function withContext(tf: Tf, features: Tensor, layers: Layers, side: Side): Tensor {
  const [batch = 1, height = 1, width = 1, channels = 1] = features.shape;
  const pass = (name: string, x: Tensor): Tensor => layers[side + name]?.apply(x, { training: true }) as Tensor;
  const rows = tf.reshape(features, [batch * height * width, channels]);
  const weights = tf.softmax(tf.reshape(pass("Mask", rows), [batch, height * width]));
  const joined = tf.mul(tf.reshape(features, [batch, height * width, channels]), tf.expandDims(weights, -1));
  const context = pass("Up", tf.relu(pass("Norm", pass("Down", tf.sum(joined, 1)))));
  return tf.add(features, tf.reshape(context, [batch, 1, 1, channels]));
}
