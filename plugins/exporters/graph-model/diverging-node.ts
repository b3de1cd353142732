import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { ImageSize, Tf } from "../../../core/index.ts";
import { differenceOf } from "../copying/largest-difference.ts";
import type { DivergingLayer } from "../onnx/diverging-layer.ts";
import { disposeRecording, recordKernels } from "../trace/record-kernels.ts";
import type { OpenedGraphModel } from "./open-graph-model.ts";
import type { WrittenGraphModel } from "./write-graph-model.ts";

export interface DivergingNodeRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  readonly forward: (pixels: Tensor) => Readonly<Record<string, Tensor>>;
  readonly imageSize: ImageSize;
  readonly places: WrittenGraphModel["places"];
  readonly opened: OpenedGraphModel;
  /** uint8, of the images that are looked at. */
  readonly pixels: Uint8Array;
  readonly images: number;
  /** Differences up to it are none. */
  readonly limit: number;
}

/** The first result, in the order of the graph, in which the written graph and the network differ. */
export async function firstDivergingNode(request: DivergingNodeRequest): Promise<DivergingLayer | undefined> {
  const { tf, model, forward, imageSize, places, opened, pixels, images, limit } = request;
  const { height, width, channels } = imageSize;
  const input = tf.tensor4d(Float32Array.from(pixels), [images, height, width, channels]);
  const recording = recordKernels({ tf, model, input, forward, keepsValues: true });
  try {
    for (const { node, name } of places) {
      const recorded = recording.kernels[node.place]?.outputs[0];
      const kept = recorded === undefined ? undefined : recording.tensors[recorded]?.kept;
      if (kept?.dtype !== "float32") continue;
      const [written] = opened.nodes(pixels, images, [name]);
      const values = Float32Array.from((await written?.data()) ?? []);
      written?.dispose();
      const difference = differenceOf(values, Float32Array.from(await kept.data()));
      if (difference > limit) return { layer: node.layer, kernel: node.kernel, difference };
    }
    return undefined;
  } finally {
    input.dispose();
    disposeRecording(recording);
  }
}
