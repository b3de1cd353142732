import { createHash } from "node:crypto";
import type { ImageSize, Teacher } from "../../core/index.ts";
import { createRng } from "../../core/tensors/rng.ts";
import { classificationId, classifierOutputs } from "../../plugins/tasks/classification/names.ts";

/** Images that a teacher is asked about before it labels: eight of them twice, and three of those alone. */
export const askedBefore: number = 2 * 8 + 3;

/** A teacher that counts its work. */
export interface LinearTeacher extends Teacher {
  images: number;
}

/**
 * A real, tiny teacher: logits are a fixed linear map of the pixels, with weights drawn from a seed.
 *
 * @param options.scale multiplies the logits
 * @param options.before called before each batch with the images labelled so far
 */
export function linearTeacher(
  options: {
    readonly seed?: number;
    readonly classes?: number;
    readonly imageSize?: ImageSize;
    readonly scale?: number;
    readonly before?: (images: number) => void;
  } = {},
): LinearTeacher {
  const { seed = 1, classes = 10, scale = 1, imageSize = { height: 28, width: 28, channels: 1 } } = options;
  const pixelCount = imageSize.height * imageSize.width * imageSize.channels;
  const rng = createRng(seed, "linear teacher");
  const weights = Float64Array.from({ length: classes * pixelCount }, () => (rng.normal() * scale) / 2000);
  return {
    images: 0,
    classNames: Array.from({ length: classes }, (_, index) => String(index)),
    task: classificationId,
    outputs: classifierOutputs(classes),
    imageSize,
    digest: createHash("sha256").update(weights).digest("hex"),
    preprocessing: "pixels 0…255",
    async predict(pixels, count) {
      options.before?.(this.images);
      this.images += count;
      const out = new Float32Array(count * classes);
      for (let place = 0; place < out.length; place++) {
        const image = Math.floor(place / classes) * pixelCount;
        const row = (place % classes) * pixelCount;
        let sum = 0;
        for (let pixel = 0; pixel < pixelCount; pixel++) {
          sum += (weights[row + pixel] ?? 0) * (pixels[image + pixel] ?? 0);
        }
        out[place] = sum;
      }
      return { logits: out };
    },
    dispose: () => undefined,
  };
}
