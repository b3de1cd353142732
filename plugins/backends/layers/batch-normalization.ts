import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { BatchNormOps, FusedOps } from "./fused-ops.ts";
import { portableBatchNorm } from "./portable-batch-norm.ts";
import { extendStockLayer, type LayerClass, onlyTensor, type StockLayer } from "./stock-layer.ts";

/** The layer weights of TensorFlow.js, as far as batch normalisation uses them. */
interface LayerWeight {
  read(): Tensor;
  write(value: Tensor): unknown;
}

interface StockBatchNormalization extends StockLayer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: LayerWeight;
  readonly beta?: LayerWeight;
  readonly movingMean: LayerWeight;
  readonly movingVariance: LayerWeight;
}

type BatchNormalizationFactory = Tf["layers"]["batchNormalization"];

/** PyTorch's defaults; its momentum of 0.1 is 0.9 in Keras' sense. */
const defaults = { momentum: 0.9, epsilon: 1e-5 };

/**
 * `tf.layers.batchNormalization` with PyTorch's training arithmetic: it normalises by the biased variance and keeps a
 * running average of the unbiased one, n/(n − 1) times as large. Inference, configuration and class name are stock.
 */
export function batchNormalizationFactory(tf: Tf, fused: FusedOps): BatchNormalizationFactory {
  const ops = fused.batchNorm ?? portableBatchNorm(tf);
  const layerClass = extendStockLayer(
    tf,
    tf.layers.batchNormalization(),
    (Stock: LayerClass<StockBatchNormalization>) => {
      return class BatchNormalization extends Stock {
        override call(inputs: Tensor | Tensor[], options: { readonly training?: boolean }): Tensor | Tensor[] {
          if (options["training"] !== true) return super.call(inputs, options);
          return tf.tidy(() => normalizeByBatch(tf, ops, this, onlyTensor(inputs)));
        }
      };
    },
  );
  return (args = {}) => new layerClass({ ...defaults, ...definedOnly(args) });
}

function normalizeByBatch(tf: Tf, ops: BatchNormOps, layer: StockBatchNormalization, input: Tensor): Tensor {
  const axis = layer.axis < 0 ? layer.axis + input.rank : layer.axis;
  if (axis === input.rank - 1) return normalizeLastAxis(tf, ops, layer, input);
  const order = Array.from({ length: input.rank }, (_, i) => i).filter((i) => i !== axis);
  const channelsLast = tf.transpose(input, [...order, axis]);
  const back = Array.from({ length: input.rank }, (_, i) => (i === axis ? input.rank - 1 : i - (i > axis ? 1 : 0)));
  return tf.transpose(normalizeLastAxis(tf, ops, layer, channelsLast), back);
}

function normalizeLastAxis(tf: Tf, ops: BatchNormOps, layer: StockBatchNormalization, input: Tensor): Tensor {
  const channels = input.shape[input.rank - 1] ?? 1;
  const gamma = layer.gamma?.read() ?? tf.ones([channels]);
  const beta = layer.beta?.read() ?? tf.zeros([channels]);
  const { epsilon, momentum } = layer;
  const normalize = tf.customGrad((...args) => {
    const [x, scale, offset, save] = args as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
    const { y, mean, unbiasedVariance, saved } = ops.forward(x, scale, offset, epsilon);
    save([x, scale, ...saved]);
    // inside the custom operation: what runs here is not on the tape, and the tape need not keep it
    moveAverage(tf, layer.movingMean, mean, momentum);
    moveAverage(tf, layer.movingVariance, unbiasedVariance, momentum);
    const gradFunc = (dy: Tensor, kept: Tensor[]): Tensor[] => {
      const [keptX, keptScale, ...rest] = kept as [Tensor, Tensor, ...Tensor[]];
      return tf.tidy(() => ops.backward(dy, keptX, keptScale, rest, epsilon));
    };
    return { value: y, gradFunc };
  });
  return normalize(input, gamma, beta);
}

/** average ← average − (1 − momentum)·(average − value) */
function moveAverage(tf: Tf, average: LayerWeight, value: Tensor, momentum: number): void {
  const before = average.read();
  average.write(tf.sub(before, tf.mul(tf.sub(before, value), 1 - momentum)));
}

type BatchNormalizationArgs = NonNullable<Parameters<BatchNormalizationFactory>[0]>;

function definedOnly(args: BatchNormalizationArgs): BatchNormalizationArgs {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined && value !== null));
}
