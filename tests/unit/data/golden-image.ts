import type { ImageSize } from "../../../core/index.ts";

/** The image of scripts/goldens/torchvision_images.py, uint8 `[height, width, channels]`, values 20 … 220. */
export function goldenImage({ height, width, channels }: ImageSize): Uint8Array {
  return Uint8Array.from({ length: height * width * channels }, (_, at) => {
    const c = at % channels;
    const x = Math.floor(at / channels) % width;
    const y = Math.floor(at / channels / width);
    return ((x * 37 + y * 91 + c * 53 + x * y * 7 + ((x * x * y) % 11) * 13) % 201) + 20;
  });
}
