import type { Dataset, ImageSize, StageContext } from "../../core/index.ts";

/** Images that tell what a model's output is. */
const probeImages = 32;

/** Some images at a model's input size: of the data where there is some, else noise. */
export async function probePixels(
  data: Dataset | undefined,
  size: ImageSize,
  context: Pick<StageContext, "rng">,
): Promise<{ readonly pixels: Uint8Array; readonly count: number }> {
  const imagePixels = size.height * size.width * size.channels;
  if (data === undefined) {
    const rng = context.rng("teacher.probe");
    return {
      pixels: Uint8Array.from({ length: probeImages * imagePixels }, () => rng.integer(256)),
      count: probeImages,
    };
  }
  const { validation, train } = data.splits;
  const split = validation.count > 0 ? validation : train;
  const count = Math.min(probeImages, split.count);
  const indices = Int32Array.from({ length: count }, (_, place) => Math.floor((place * split.count) / count));
  const pixels = new Uint8Array(count * imagePixels);
  await split.render(indices, undefined, size, pixels);
  return { pixels, count };
}
