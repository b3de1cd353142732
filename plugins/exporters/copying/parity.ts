import { type ImageSize, KdflowError, type Predictor, type Rng } from "../../../core/index.ts";
import { largestDifference } from "./largest-difference.ts";

/** Images of noise that an exported model and the trained one are compared on. */
export const PARITY_IMAGES = 8;
/** Room for another order of summation in float32, not for another network. */
const PARITY_LIMIT = 1e-5;

/** Random pixels, uint8 `[PARITY_IMAGES, height, width, channels]`. */
export function parityPixels({ height, width, channels }: ImageSize, rng: Rng): Uint8Array {
  const pixels = new Uint8Array(PARITY_IMAGES * height * width * channels);
  for (let i = 0; i < pixels.length; i++) pixels[i] = rng.integer(256);
  return pixels;
}

/**
 * Compares two models' answers to the same pixels.
 *
 * @returns max|exported − trained| / max|trained|, of the output that differs most
 * @throws KDF_EXPORT_PARITY where that is above {@link PARITY_LIMIT}, or not a number
 */
export async function assertParity(exported: Predictor, trained: Predictor, pixels: Uint8Array): Promise<number> {
  const actual = await exported.predict(pixels, PARITY_IMAGES);
  const expected = await trained.predict(pixels, PARITY_IMAGES);
  const { name, difference: parity } = largestDifference(actual, expected);
  if (parity <= PARITY_LIMIT) return parity;
  throw new KdflowError(
    "KDF_EXPORT_PARITY",
    `${name} of the exported model differ from the trained model's by ${parity.toPrecision(3)} of the largest of them`,
    { hint: `the limit is ${PARITY_LIMIT}; run "kdflow cache verify" to see whether the trained model is damaged` },
  );
}
