import type { Dataset, ImageSize, StageContext } from "../../../core/index.ts";

/** Images that tell what a model's output is. */
const probeImages = 32;

/** Some images at a model's input size: of the data where there is some, else noise. */
export async function probePixels(
  data: Dataset | undefined,
  size: ImageSize,
  context: Pick<StageContext, "rng">,
  wanted: number = probeImages,
): Promise<{ readonly pixels: Uint8Array; readonly count: number }> {
  const imagePixels = size.height * size.width * size.channels;
  if (data === undefined) {
    const rng = context.rng("teacher.probe");
    return {
      pixels: Uint8Array.from({ length: wanted * imagePixels }, () => rng.integer(256)),
      count: wanted,
    };
  }
  const { validation, train, test } = data.splits;
  const split = [validation, train].find(({ count: samples }) => samples > 0) ?? test;
  const count = Math.min(wanted, split.count);
  const indices = Int32Array.from({ length: count }, (_, place) => Math.floor((place * split.count) / count));
  const pixels = new Uint8Array(count * imagePixels);
  await split.render(indices, undefined, size, pixels);
  return { pixels, count };
}
