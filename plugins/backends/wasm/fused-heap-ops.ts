import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { BatchNormOps, FusedOps } from "../layers/fused-ops.ts";
import { allocate, asTensor, views } from "./heap.ts";

/**
 * Loops over the backend's memory in place of chains of kernels: each of those would allocate and pass over a whole
 * activation again. Sums run in double precision.
 */
export function fusedHeapOps(tf: Tf): FusedOps {
  return {
    batchNorm: heapBatchNorm(tf),
    reluGradient(dy, y, maxValue) {
      const [out] = allocate(tf, y.shape) as [TensorInfo];
      const [dys, ys, gradient] = views(tf, dy, y, out) as [Float32Array, Float32Array, Float32Array];
      const bound = maxValue ?? Number.POSITIVE_INFINITY;
      for (let i = 0; i < ys.length; i++) {
        const value = ys[i] as number;
        gradient[i] = value > 0 && value < bound ? (dys[i] as number) : 0;
      }
      return asTensor(tf, out);
    },
    leakyReluGradient(dy, x, alpha) {
      const [out] = allocate(tf, x.shape) as [TensorInfo];
      const [dys, xs, gradient] = views(tf, dy, x, out) as [Float32Array, Float32Array, Float32Array];
      for (let i = 0; i < xs.length; i++) gradient[i] = (dys[i] as number) * ((xs[i] as number) > 0 ? 1 : alpha);
      return asTensor(tf, out);
    },
  };
}

function heapBatchNorm(tf: Tf): BatchNormOps {
  return {
    forward(x, gamma, beta, epsilon) {
      const channels = gamma.size;
      const shapes = [x.shape, [channels], [channels], [channels]];
      const outputs = allocate(tf, ...shapes);
      const [xs, gammas, betas, ys, means, unbiased, inverses] = views(tf, x, gamma, beta, ...outputs) as Seven;
      const rows = xs.length / channels;
      const { sums, squares } = channelSums(xs, channels);
      for (let c = 0; c < channels; c++) {
        const mean = (sums[c] as number) / rows;
        // in double precision the difference of sums keeps float32's digits up to means of 10⁴ deviations
        const centered = Math.max(0, (squares[c] as number) - mean * mean * rows);
        means[c] = mean;
        unbiased[c] = centered / Math.max(1, rows - 1);
        inverses[c] = 1 / Math.sqrt(centered / rows + epsilon);
      }
      normalize(xs, ys, means, inverses, gammas, betas);
      const [y, meanTensor, unbiasedVariance, inverseDeviation] = outputs.map((output) => asTensor(tf, output)) as Four;
      return { y, mean: meanTensor, unbiasedVariance, saved: [meanTensor, inverseDeviation] };
    },
    backward(dy, x, gamma, saved, _epsilon) {
      const channels = gamma.size;
      const [mean, inverse] = saved as [Tensor, Tensor];
      const outputs = allocate(tf, x.shape, [channels], [channels]);
      const inputs = [dy, x, gamma, mean, inverse];
      const [dys, xs, gammas, means, inverses, dxs, dGammas, dBetas] = views(tf, ...inputs, ...outputs) as Eight;
      const { offset, scale } = parameterGradients(dys, xs, means, inverses);
      dBetas.set(offset);
      dGammas.set(scale);
      inputGradient(dys, xs, dxs, { gammas, means, inverses, offset, scale });
      return outputs.map((output) => asTensor(tf, output)) as [Tensor, Tensor, Tensor];
    },
  };
}

type F = Float32Array;
type Seven = [F, F, F, F, F, F, F];
type Eight = [F, F, F, F, F, F, F, F];
type Four = [Tensor, Tensor, Tensor, Tensor];

/** Σx and Σx² by channel */
function channelSums(xs: Float32Array, channels: number): { sums: Float64Array; squares: Float64Array } {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < xs.length; ) {
    for (let c = 0; c < channels; c++, i++) {
      const x = xs[i] as number;
      sums[c] = (sums[c] as number) + x;
      squares[c] = (squares[c] as number) + x * x;
    }
  }
  return { sums, squares };
}

function normalize(xs: F, ys: F, means: F, inverses: F, gammas: F, betas: F): void {
  const channels = means.length;
  const factors = Float64Array.from(gammas, (gamma, c) => gamma * (inverses[c] as number));
  const offsets = Float64Array.from(betas, (beta, c) => beta - (means[c] as number) * (factors[c] as number));
  for (let i = 0; i < xs.length; ) {
    for (let c = 0; c < channels; c++, i++) ys[i] = (xs[i] as number) * (factors[c] as number) + (offsets[c] as number);
  }
}

/** Σdy and Σdy·(x − mean)/deviation by channel */
function parameterGradients(dys: F, xs: F, means: F, inverses: F): { offset: Float64Array; scale: Float64Array } {
  const channels = means.length;
  const offset = new Float64Array(channels);
  const scale = new Float64Array(channels);
  for (let i = 0; i < xs.length; ) {
    for (let c = 0; c < channels; c++, i++) {
      const dy = dys[i] as number;
      offset[c] = (offset[c] as number) + dy;
      scale[c] = (scale[c] as number) + dy * ((xs[i] as number) - (means[c] as number));
    }
  }
  for (let c = 0; c < channels; c++) scale[c] = (scale[c] as number) * (inverses[c] as number);
  return { offset, scale };
}

interface ChannelTerms {
  readonly gammas: F;
  readonly means: F;
  readonly inverses: F;
  readonly offset: Float64Array;
  readonly scale: Float64Array;
}

/** dx = γ/deviation·(dy − Σdy/n − x̂·Σdy·x̂/n), as dy·a + x·b + c with three numbers for each channel */
function inputGradient(dys: F, xs: F, dxs: F, { gammas, means, inverses, offset, scale }: ChannelTerms): void {
  const channels = means.length;
  const rows = xs.length / channels;
  const a = Float64Array.from(gammas, (gamma, c) => gamma * (inverses[c] as number));
  const b = a.map((factor, c) => (-factor * (inverses[c] as number) * (scale[c] as number)) / rows);
  const shift = a.map(
    (factor, c) => (-factor * (offset[c] as number)) / rows - (b[c] as number) * (means[c] as number),
  );
  for (let i = 0; i < xs.length; ) {
    for (let c = 0; c < channels; c++, i++) {
      dxs[i] = (dys[i] as number) * (a[c] as number) + (xs[i] as number) * (b[c] as number) + (shift[c] as number);
    }
  }
}
