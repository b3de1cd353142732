import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const pixelBytes = 3072;

/** Byte of a made-up record: different in every record, channel and pixel. */
export function cifarByte(file: number, record: number, place: number): number {
  return (file * 101 + record * 31 + place * 7 + (place >> 8)) % 256;
}

/**
 * Writes a small CIFAR-10 or CIFAR-100 in the layout of its binary version: labels, then 1024 reds, greens and blues.
 * Record r of a file has the (fine) label r mod 10, and in CIFAR-100 the coarse one r mod 20 before it.
 */
export async function writeTinyCifar(folder: string, version: 10 | 100, records: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files =
    version === 10
      ? [...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), "test_batch.bin"]
      : ["train.bin", "test.bin"];
  for (const [file, name] of files.entries()) {
    const bytes = Array.from({ length: records }, (_, record) => {
      const labels = version === 10 ? [record % 10] : [record % 20, record % 100];
      return [...labels, ...Array.from({ length: pixelBytes }, (_, place) => cifarByte(file, record, place))];
    });
    await writeFile(join(folder, name), Uint8Array.from(bytes.flat()));
  }
  const names = (count: number, word: string): string =>
    `${Array.from({ length: count }, (_, place) => `${word}${place}`).join("\n")}\n`;
  if (version === 10) await writeFile(join(folder, "batches.meta.txt"), `${names(10, "class")}\n`);
  else {
    await writeFile(join(folder, "fine_label_names.txt"), names(100, "fine"));
    await writeFile(join(folder, "coarse_label_names.txt"), names(20, "coarse"));
  }
}
