import { toFloat16 } from "../../soft-labels/files/float16.ts";
import type { PixelReading } from "../asking/file-teacher.ts";
import type { OnnxWorkerData } from "./onnx-protocol.ts";

type InputArray = Float32Array | Uint16Array | Uint8Array;

export interface PixelReader {
  /**
   * Scales and orders the pixels of some images.
   *
   * @param pixels uint8 `[images, height, width, channels]`
   * @param batch images of the result; those past `images` are zero
   * @returns `[batch, channels, height, width]` or `[batch, height, width, channels]`; overwritten by the next call
   */
  read(pixels: Uint8Array, images: number, batch: number): InputArray;
}

/** Turns pixels into a model's input by one table of 256 numbers for each channel. */
export function createPixelReader({ type, size }: OnnxWorkerData["input"], reading: PixelReading): PixelReader {
  const [height, width, channels] = size;
  const { layout, channelOrder } = reading;
  const tables = Array.from({ length: channels }, (_, channel) => tableOf(type, reading, channel));
  const area = height * width;
  let buffer = emptyOf(type, 0);
  return {
    read(pixels, images, batch) {
      const length = batch * area * channels;
      if (buffer.length !== length) buffer = emptyOf(type, length);
      if (images < batch) buffer.fill(0, images * area * channels);
      for (let channel = 0; channel < channels; channel++) {
        const table = tables[channel] ?? buffer;
        const from = channelOrder === "bgr" ? channels - 1 - channel : channel;
        for (let image = 0; image < images; image++) {
          const first = image * area * channels;
          let source = first + from;
          let target = layout === "nchw" ? first + channel * area : first + channel;
          const step = layout === "nchw" ? 1 : channels;
          for (let pixel = 0; pixel < area; pixel++) {
            buffer[target] = table[pixels[source] as number] as number;
            source += channels;
            target += step;
          }
        }
      }
      return buffer;
    },
  };
}

/** What each of the 256 values of a pixel becomes in a channel of the model. */
function tableOf(type: OnnxWorkerData["input"]["type"], { scaling }: PixelReading, channel: number): InputArray {
  const scale = scaling.scale[channel] ?? 1;
  const offset = scaling.offset[channel] ?? 0;
  const values = Float32Array.from({ length: 256 }, (_, pixel) => pixel * scale + offset);
  if (type === "float16") return Uint16Array.from(values, toFloat16);
  return type === "uint8" ? Uint8Array.from(values) : values;
}

function emptyOf(type: OnnxWorkerData["input"]["type"], length: number): InputArray {
  if (type === "float16") return new Uint16Array(length);
  return type === "uint8" ? new Uint8Array(length) : new Float32Array(length);
}
