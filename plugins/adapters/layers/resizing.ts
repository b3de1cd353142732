import type { layers, Tensor, Tensor4D } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { pool } from "../../losses/maths/pool.ts";

/** A built layer without weights that averages a map to fewer rows and columns, or enlarges it bilinearly. */
export function resizing(tf: Tf, from: readonly number[], rows: number, columns: number): layers.Layer {
  class Resizing extends tf.layers.Layer {
    static readonly className = "Resizing";

    override call(inputs: Tensor | Tensor[]): Tensor {
      const [map] = [inputs].flat() as [Tensor4D];
      const [, height, width] = map.shape;
      const shrunk = pool(tf, map, Math.min(rows, height), Math.min(columns, width)) as Tensor4D;
      return height < rows || width < columns ? tf.image.resizeBilinear(shrunk, [rows, columns], false, true) : shrunk;
    }
  }
  const layer = new Resizing({});
  layer.build([null, ...from]);
  return layer;
}
