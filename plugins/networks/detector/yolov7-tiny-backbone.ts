import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Activate, Backbone, Tap, Tf } from "../../../core/index.ts";
import { applyLayer, convBlock } from "./conv-block.ts";
import { elanTiny } from "./elan-tiny.ts";

/** Channels inside and out of each stage's block. */
const stages = [
  { hidden: 32, filters: 64 },
  { hidden: 64, filters: 128 },
  { hidden: 128, filters: 256 },
  { hidden: 256, filters: 512 },
] as const;

/**
 * The backbone of YOLOv7-tiny: 128, 256 and 512 channels at strides 8, 16 and 32.
 *
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696
 */
export function yolov7TinyBackbone(tf: Tf, activate: Activate): Backbone {
  return {
    name: "yolov7-tiny",
    build(input: SymbolicTensor) {
      const taps: Record<string, Tap> = {};
      const stem = { name: "stem1", kernelSize: 3, filters: 32, stride: 2 };
      const half = convBlock(tf, input, activate, stem);
      let features = convBlock(tf, half, activate, { ...stem, name: "stem2", filters: 64 });
      let stride = 4;
      for (const [index, block] of stages.entries()) {
        const name = `stage${index + 1}`;
        if (index > 0) {
          const pool = { name: `${name}/pool`, poolSize: 2, strides: 2, padding: "valid" as const };
          features = applyLayer(tf.layers.maxPooling2d(pool), features);
          stride *= 2;
        }
        features = elanTiny(tf, features, activate, { name, ...block });
        taps[name] = { tensor: features, channels: block.filters, stride };
      }
      return { taps, output: features };
    },
  };
}
