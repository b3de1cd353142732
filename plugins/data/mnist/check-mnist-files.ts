import { type ImageSize, KdflowError } from "../../../core/index.ts";
import { checkIdx } from "./idx.ts";
import type { MnistFiles } from "./mnist-files.ts";

/** What the headers of the four files say. */
export interface CheckedMnist {
  readonly imageSize: ImageSize;
  readonly counts: { readonly train: number; readonly test: number };
}

/** Checks all four files against each other, without reading their bodies. */
export async function checkMnistFiles(files: MnistFiles): Promise<CheckedMnist> {
  const [images, labels, testImages, testLabels] = await Promise.all([
    checkIdx(files.trainImages, "images"),
    checkIdx(files.trainLabels, "labels"),
    checkIdx(files.testImages, "images"),
    checkIdx(files.testLabels, "labels"),
  ]);
  assertSameCount(files.trainImages, images.count, files.trainLabels, labels.count);
  assertSameCount(files.testImages, testImages.count, files.testLabels, testLabels.count);
  if (images.height !== testImages.height || images.width !== testImages.width) {
    throw new KdflowError(
      "KDF_INPUT_FORMAT",
      `training images have ${images.height}×${images.width} pixels, test images ${testImages.height}×${testImages.width}`,
      { hint: `files: "${files.trainImages}", "${files.testImages}"` },
    );
  }
  return {
    imageSize: { height: images.height, width: images.width, channels: 1 },
    counts: { train: images.count, test: testImages.count },
  };
}

function assertSameCount(imageFile: string, images: number, labelFile: string, labels: number): void {
  if (images === labels) return;
  throw new KdflowError(
    "KDF_INPUT_FORMAT",
    `"${imageFile}" has ${images} images, "${labelFile}" has ${labels} labels`,
    {
      hint: "take both files from the same source",
    },
  );
}
