import { createRng } from "../../core/tensors/rng.ts";

/** Numbers and texts that readers stumble over, put in the place of a number in a text. */
const oddNumbers = ["-1", "0", "1e9", "99999999999999999999", "1.5", "NaN", "null", '"x"', "[]", "{}", ""];
/** Bytes that lengths and counts stumble over. */
const oddBytes = [0, 1, 0x7f, 0x80, 0xff];

/** A broken copy of a file: one to four changes. The same seed and number always give the same bytes. */
export function mutate(original: Uint8Array, seed: number, number: number): Uint8Array {
  const rng = createRng(seed, "fuzz", number);
  const below = (count: number): number => Math.floor(rng.uniform() * count);
  let bytes = Buffer.from(original);
  for (let change = below(2) * below(4); change >= 0; change--) {
    const at = below(Math.max(1, bytes.length));
    const length = 1 + below(Math.max(1, Math.min(16, bytes.length - at)));
    const [before, slice, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, at + length),
      bytes.subarray(at + length),
    ];
    const kind = below(8);
    if (kind === 0) bytes = Buffer.concat([before, after]);
    else if (kind === 1) bytes = Buffer.concat([before, slice, slice, after]);
    else if (kind === 2) bytes = Buffer.from(before);
    else if (kind === 3) bytes = withOddNumber(bytes, at, oddNumbers[below(oddNumbers.length)] ?? "");
    else if (at < bytes.length) {
      bytes = Buffer.from(bytes);
      bytes[at] = kind < 6 ? (oddBytes[below(oddBytes.length)] ?? 0) : (bytes[at] ?? 0) ^ (1 << below(8));
    }
  }
  return bytes;
}

/** The next number that is written in digits gives way to another text. */
function withOddNumber(bytes: Buffer, from: number, text: string): Buffer<ArrayBuffer> {
  const latin = bytes.toString("latin1");
  const found = /-?\d+(\.\d+)?/.exec(latin.slice(from));
  if (found === null) return Buffer.from(bytes);
  const start = from + found.index;
  return Buffer.from(latin.slice(0, start) + text + latin.slice(start + found[0].length), "latin1");
}
