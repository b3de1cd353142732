import type { UnsplitRecord } from "../samples/in-memory-dataset.ts";
import { evenlySpaced, recordDigest } from "../samples/records.ts";
import { checkIdx, readIdxImages, readIdxLabels } from "./idx.ts";

/** Reads and hashes the records of one pair of files: the first `limit`, or so many `spaced` evenly. */
export async function readMnistRecords(
  imageFile: string,
  labelFile: string,
  classes: number,
  choice: { readonly limit?: number | undefined; readonly spaced?: number | undefined },
): Promise<UnsplitRecord[]> {
  const labels = await readIdxLabels(labelFile, classes);
  const pixels = await readIdxImages(imageFile, choice.limit);
  const { height, width } = await checkIdx(imageFile, "images");
  const imageBytes = height * width;
  const count = Math.min(labels.length, choice.limit ?? labels.length);
  return evenlySpaced(count, choice.spaced).map((fileIndex) => {
    const label = labels[fileIndex] ?? 0;
    const image = pixels.subarray(fileIndex * imageBytes, (fileIndex + 1) * imageBytes);
    return { fileIndex, label, width, height, digest: recordDigest(image, label) };
  });
}
