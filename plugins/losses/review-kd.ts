import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs";
import { defineLoss, KdflowError, type LossShapes, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesReviewKdOptions } from "../options.ts";
import { contextDistance } from "./maths/context-distance.ts";
import { type FusionLayers, fusionLayers } from "./maths/fusion-layers.ts";

/**
 * Knowledge review: Σ over pairs i of hcl(Rᵢ(mᵢ), fTᵢ), m the student's features mixed from the last pair to the first.
 *
 * mᵢ = a₁ Nᵢ(fSᵢ) + a₂ up(mᵢ₊₁), N a 1×1 convolution to `channels` with a batch norm, a = σ(1×1 convolution of both), up
 * the nearest neighbour; the last m is N alone. R is a 3×3 convolution to the teacher's channels with a batch norm. All
 * are trained beside the student. hcl is the loss of that name. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures1`, `teacherFeatures1` and so on, each `[batch, height, width, channels]`, the two of a pair
 * with as many rows and columns.
 *
 * @throws KDF_TRAIN_FEATURES for maps of other sizes
 * @see Chen, Liu, Zhao, Jia (2021), arXiv:2104.09044, §3.2 and 3.3
 */
export const reviewKd: ProviderOf<"losses"> = defineLoss({
  id: "review-kd",
  summary: "knowledge review: features of several layers, mixed from late to early (Chen and others 2021)",
  reference: "arXiv:2104.09044",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  joins: true,
  create: ({ channels }: LossesReviewKdOptions, { tf, detach }) => ({
    layers(shapes, rng) {
      const numbers = pairsOf(shapes);
      const all = numbers.map((number) => {
        const [from, to] = sameSize(shapes, number);
        const made = fusionLayers(tf, { from, to, channels, mixes: number < numbers.length, rng });
        return Object.entries(made).map(([name, layer]) => [`${name}${number}`, layer] as const);
      });
      return Object.fromEntries(all.flat());
    },
    compute(inputs: Readonly<Record<string, Tensor>>, _scalars, { layers }) {
      const distances: Scalar[] = [];
      let later: Tensor | undefined;
      for (const number of pairsOf(inputs).reverse()) {
        const layer = (name: keyof FusionLayers) => (x: Tensor) =>
          layers[`${name}${number}`]?.apply(x, { training: true }) as Tensor;
        const own = layer("norm")(layer("reduce")(inputs[`studentFeatures${number}`] as Tensor));
        later = later === undefined ? own : mixed(tf, own, later, layer("mix"));
        const restored = layer("restoredNorm")(layer("restore")(later));
        distances.push(contextDistance(tf, restored, detach(inputs[`teacherFeatures${number}`] as Tensor)));
      }
      return tf.addN(distances) as Scalar;
    },
  }),
});

/** @returns a₁ own + a₂ up(later), a = σ(mix([own, up(later)])), `[batch, height, width, channels]` */
function mixed(tf: Tf, own: Tensor, later: Tensor, mix: (x: Tensor) => Tensor): Tensor {
  const [, height = 1, width = 1] = own.shape;
  const same = later.shape[1] === height && later.shape[2] === width;
  const up = same ? later : tf.image.resizeNearestNeighbor(later as Tensor4D, [height, width]);
  const [first, second] = tf.split(tf.sigmoid(mix(tf.concat([own, up], -1))), 2, -1);
  return tf.add(tf.mul(own, first as Tensor), tf.mul(up, second as Tensor));
}

function pairsOf(named: object): number[] {
  const pairs = Object.keys(named).filter((name) => /^studentFeatures\d+$/.test(name));
  return pairs.map((_, index) => index + 1);
}

function sameSize(shapes: LossShapes, number: number): [readonly number[], readonly number[]] {
  const from = shapes[`studentFeatures${number}`] ?? [];
  const to = shapes[`teacherFeatures${number}`] ?? [];
  if (from.length === 3 && from.slice(0, -1).join() === to.slice(0, -1).join()) return [from, to];
  throw new KdflowError(
    "KDF_TRAIN_FEATURES",
    `pair ${number} of review-kd compares ${from.join("×")} of the student with ${to.join("×")} of the teacher`,
    { hint: "choose taps with as many rows and columns; `kdflow taps <pipeline>` lists them" },
  );
}
