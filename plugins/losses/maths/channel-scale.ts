import type { layers, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** A built layer with one trained number for each channel, all `initial` at first; it gives these numbers, `[channels]`. */
export function channelScale(tf: Tf, channels: number, initial: number): layers.Layer {
  class ChannelScale extends tf.layers.Layer {
    static readonly className = "ChannelScale";

    override build(_shape: unknown): void {
      this.addWeight("scale", [channels], "float32", tf.initializers.constant({ value: initial }));
      this.built = true;
    }

    override call(): Tensor {
      return this.weights[0]?.read() as Tensor;
    }
  }
  const layer = new ChannelScale({});
  layer.build([null, channels]);
  return layer;
}
