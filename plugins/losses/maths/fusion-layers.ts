import type { layers as tfLayers } from "@tensorflow/tfjs";
import type { Rng, Tf } from "../../../core/index.ts";

/** Layers that mix one map of the student with what came after it, and bring it to the teacher's channels. */
export interface FusionLayers {
  /** 1×1 to the mixed channels. */
  readonly reduce: tfLayers.Layer;
  readonly norm: tfLayers.Layer;
  /** 1×1 from both maps to a weight for each, before the sigmoid; left out at the last map. */
  readonly mix?: tfLayers.Layer;
  /** 3×3 to the teacher's channels. */
  readonly restore: tfLayers.Layer;
  readonly restoredNorm: tfLayers.Layer;
}

interface Fusion {
  /** Of the student's map, `[height, width, channels]`. */
  readonly from: readonly number[];
  /** Of the teacher's. */
  readonly to: readonly number[];
  readonly channels: number;
  readonly mixes: boolean;
  readonly rng: Rng;
}

/** Builds the layers of one map. */
export function fusionLayers(tf: Tf, { from, to, channels, mixes, rng }: Fusion): FusionLayers {
  const outputs = to.at(-1) ?? 1;
  const convolution = (inputs: number, filters: number, kernelSize: number, useBias: boolean): tfLayers.Layer => {
    const kernelInitializer = tf.initializers.heNormal({ seed: rng.uint32() });
    const layer = tf.layers.conv2d({ filters, kernelSize, padding: "same", useBias, kernelInitializer });
    return built(layer, [...from.slice(0, -1), inputs]);
  };
  const norm = (of: number): tfLayers.Layer =>
    built(tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }), [...from.slice(0, -1), of]);
  return {
    reduce: convolution(from.at(-1) ?? 1, channels, 1, false),
    norm: norm(channels),
    ...(mixes ? { mix: convolution(2 * channels, 2, 1, true) } : {}),
    restore: convolution(channels, outputs, 3, false),
    restoredNorm: norm(outputs),
  };
}

function built(layer: tfLayers.Layer, shape: readonly number[]): tfLayers.Layer {
  layer.build([null, ...shape]);
  return layer;
}
