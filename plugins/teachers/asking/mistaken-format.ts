/** Files that people mistake for the model, by their first bytes in hexadecimal digits. */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^504b0304/u, "a ZIP archive, as PyTorch writes .pt files: weights without a graph"],
  [/^80(02|03|04|05)/u, "a Python pickle, as PyTorch writes .pt files: weights without a graph"],
  [/^89484446/u, "an HDF5 file, as Keras writes .h5 files; convert the model with tf2onnx"],
  [/^.{8}54464c33/u, "a TensorFlow Lite model; convert it with tf2onnx"],
  [/^1f8b/u, "compressed with gzip; unpack it"],
];
/** The same for texts. */
const texts: readonly (readonly [RegExp, string])[] = [
  [/^version https:\/\/git-lfs/u, "a pointer of Git LFS; fetch the file itself with `git lfs pull`"],
  [/^\s*<(!doctype|html|\?xml|head)/iu, "a web page; the download was answered with one"],
  [/^\s*[{[]/u, "JSON"],
];

/** What a file is that is not the model that it should be, where its beginning tells. */
export function mistakenFormat(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "empty";
  const start = Buffer.from(bytes.subarray(0, 200));
  const tellBy = (kinds: typeof texts, text: string): string | undefined =>
    kinds.find(([beginning]) => beginning.test(text))?.[1];
  return tellBy(beginnings, start.toString("hex")) ?? tellBy(texts, start.toString("latin1"));
}
