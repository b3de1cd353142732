import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { ImageSize, Tf } from "../../../core/index.ts";
import { withOutputs } from "../../teachers/onnx/added-outputs.ts";
import { differenceOf } from "../copying/largest-difference.ts";
import { disposeRecording, recordKernels } from "../trace/record-kernels.ts";
import { isPerImage, type LayerPlace } from "../trace/traced-graph.ts";
import { permuteConstant } from "./axis-order.ts";
import { openExported, type SessionRequest } from "./exported-session.ts";
import type { WrittenGraph } from "./write-graph.ts";

export interface DivergingRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  readonly forward: (pixels: Tensor) => Readonly<Record<string, Tensor>>;
  readonly imageSize: ImageSize;
  readonly written: WrittenGraph;
  readonly session: Omit<SessionRequest, "bytes" | "outputs">;
  /** uint8, of the images that are looked at. */
  readonly pixels: Uint8Array;
  readonly images: number;
  /** Differences up to it are none. */
  readonly limit: number;
}

export interface DivergingLayer {
  readonly layer: LayerPlace | undefined;
  readonly kernel: string;
  readonly difference: number;
}

/** The first result, in the order of the graph, in which the file and the network differ. */
export async function firstDivergingLayer(request: DivergingRequest): Promise<DivergingLayer | undefined> {
  const { tf, model, forward, imageSize, written, pixels, images, limit } = request;
  const { height, width, channels } = imageSize;
  const places = written.places.filter(({ value, stored: { order } }) => {
    const [batch] = value.shape;
    return value.dtype === "float32" && order[0] === 0 && (isPerImage(batch) ? batch.perImage === 1 : batch === images);
  });
  const names = [...new Set(places.map(({ stored }) => stored.tensor))];
  const bytes = withOutputs(written.bytes, names);
  const session = await openExported({ ...request.session, bytes, outputs: names });
  const input = tf.tensor4d(Float32Array.from(pixels), [images, height, width, channels]);
  const recording = recordKernels({ tf, model, input, forward, keepsValues: true });
  try {
    const answers = await session.answer(pixels, images);
    for (const { node, stored } of places) {
      const recorded = recording.kernels[node.place]?.outputs[0];
      const kept = recorded === undefined ? undefined : recording.tensors[recorded]?.kept;
      if (kept === undefined) continue;
      const own = Float32Array.from(await kept.data());
      const { values } = permuteConstant(kept.shape, own, stored.order);
      const difference = differenceOf(answers[stored.tensor], values);
      if (difference > limit) return { layer: node.layer, kernel: node.kernel, difference };
    }
    return undefined;
  } finally {
    input.dispose();
    disposeRecording(recording);
    session.close();
  }
}
