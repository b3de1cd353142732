import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { FusedOps } from "./fused-ops.ts";
import { extendStockLayer, type LayerClass, onlyTensor, type StockLayer } from "./stock-layer.ts";

interface StockReLU extends StockLayer {
  readonly maxValue: number;
}

interface StockLeakyReLU extends StockLayer {
  readonly alpha: number;
}

type SaveTensors = (tensors: Tensor[]) => void;

/**
 * `tf.layers.reLU` with a gradient made from its output alone: dy where 0 < y < maxValue. Maximum values other than 6
 * stay stock.
 */
export function reluFactory(tf: Tf, fused: FusedOps): Tf["layers"]["reLU"] {
  const gradient = fused.reluGradient ?? ((dy, y, maxValue) => portableReluGradient(tf, dy, y, maxValue));
  const differentiable = (maxValue: 6 | undefined) =>
    tf.customGrad((...args) => {
      const [x, save] = args as [Tensor, SaveTensors];
      const value = maxValue === 6 ? tf.relu6(x) : tf.relu(x);
      save([value]);
      return { value, gradFunc: (dy: Tensor, [y]: Tensor[]) => gradient(dy, y as Tensor, maxValue) };
    });
  const relu = differentiable(undefined);
  const relu6 = differentiable(6);
  const layerClass = extendStockLayer(tf, tf.layers.reLU(), (Stock: LayerClass<StockReLU>) => {
    return class ReLU extends Stock {
      override call(inputs: Tensor | Tensor[], options: { readonly training?: boolean }): Tensor | Tensor[] {
        const bound: number | null | undefined = this.maxValue; // null in files written by Keras
        if (bound != null && bound !== 6) return super.call(inputs, options);
        return (bound === 6 ? relu6 : relu)(onlyTensor(inputs));
      }
    };
  });
  return (args = {}) => new layerClass(args);
}

/** `tf.layers.leakyReLU`, through the backend's own gradient kernel where it has one. */
export function leakyReluFactory(tf: Tf, fused: FusedOps): Tf["layers"]["leakyReLU"] {
  const gradient = fused.leakyReluGradient;
  const layerClass = extendStockLayer(tf, tf.layers.leakyReLU(), (Stock: LayerClass<StockLeakyReLU>) => {
    return class LeakyReLU extends Stock {
      override call(inputs: Tensor | Tensor[], options: { readonly training?: boolean }): Tensor | Tensor[] {
        if (gradient === undefined) return super.call(inputs, options);
        const { alpha } = this;
        const leakyRelu = tf.customGrad((...args) => {
          const [x, save] = args as [Tensor, SaveTensors];
          save([x]);
          const gradFunc = (dy: Tensor, [kept]: Tensor[]): Tensor => gradient(dy, kept as Tensor, alpha);
          return { value: tf.leakyRelu(x, alpha), gradFunc };
        });
        return leakyRelu(onlyTensor(inputs));
      }
    };
  });
  return (args = {}) => new layerClass(args);
}

function portableReluGradient(tf: Tf, dy: Tensor, y: Tensor, maxValue: number | undefined): Tensor {
  return tf.tidy(() => {
    const positive = tf.step(y);
    if (maxValue === undefined) return tf.mul(dy, positive);
    return tf.mul(tf.mul(dy, positive), tf.cast(tf.less(y, maxValue), "float32"));
  });
}
