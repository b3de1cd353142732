import type { Answers, ImageSize } from "../../../core/index.ts";
import { pixelScaling } from "../../teachers/asking/pixel-scaling.ts";
import { onnxRuntime } from "../../teachers/onnx/onnx-runtime.ts";
import { openOnnxSession } from "../../teachers/onnx/onnx-session.ts";
import { permuteConstant } from "./axis-order.ts";
import { inputName, type Layout } from "./write-graph.ts";

export interface SessionRequest {
  /** The file; its bytes where they are not those on disk. */
  readonly path: string;
  readonly bytes?: Uint8Array;
  readonly imageSize: ImageSize;
  readonly layout: Layout;
  readonly batch: number | "dynamic";
  /** Outputs that are asked for. */
  readonly outputs: readonly string[];
}

/** An exported file in ONNX Runtime. */
export interface ExportedSession {
  /** Outputs by name; feature maps have their channels last again, whatever the file's layout. */
  answer(pixels: Uint8Array, count: number): Promise<Answers>;
  close(): void;
}

/** @throws KDF_TEACHER_RUNTIME where ONNX Runtime is not installed */
export async function openExported(request: SessionRequest): Promise<ExportedSession> {
  const { path, bytes, imageSize, layout, batch, outputs } = request;
  const { height, width, channels } = imageSize;
  const session = await openOnnxSession({
    runtime: (await onnxRuntime()).folder,
    model: path,
    ...(bytes === undefined ? {} : { bytes }),
    input: {
      name: inputName,
      type: "uint8",
      size: [height, width, channels],
      batch: batch === "dynamic" ? undefined : batch,
    },
    output: outputs[0] ?? "",
    innerTensors: [],
  });
  const reading = { scaling: pixelScaling("none", channels), channelOrder: "rgb", layout } as const;
  return {
    async answer(pixels, count) {
      const { features } = await session.label(pixels, count, reading, [], outputs);
      const named = features.map(({ values, shape }, place): [string, Float32Array] => {
        const isTurned = layout === "nchw" && bytes === undefined && shape.length === 4;
        return [
          outputs[place] ?? "",
          // [batch, channels, height, width] back
          isTurned ? permuteConstant(shape, values, [0, 2, 3, 1]).values : values,
        ];
      });
      return Object.fromEntries(named);
    },
    close: () => session.close(),
  };
}
