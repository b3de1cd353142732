import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OwnedLossParts } from "../../../core/index.ts";

/** One weight in `adapters.bin`: `size` float32 numbers in row-major order, little endian. */
interface AdapterWeight {
  /** `loss/<term>/<layer>/<weight>` */
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it begins, in numbers. */
  readonly offset: number;
}

/**
 * Writes the weights of the loss terms' own layers as `adapters.json` (an index) and `adapters.bin`; nothing where no
 * term has any.
 */
export async function writeAdapters(
  directory: string,
  lossParts: ReadonlyMap<string, Pick<OwnedLossParts, "weights">>,
): Promise<void> {
  const weights: AdapterWeight[] = [];
  const contents: Float32Array[] = [];
  let offset = 0;
  for (const { name, variable } of [...lossParts.values()].flatMap((parts) => parts.weights)) {
    weights.push({ name, shape: variable.shape, offset });
    contents.push(Float32Array.from(await variable.data()));
    offset += variable.size;
  }
  if (weights.length === 0) return;
  const bytes = Buffer.concat(contents.map(({ buffer }) => new Uint8Array(buffer)));
  await writeFile(join(directory, "adapters.bin"), bytes);
  await writeFile(join(directory, "adapters.json"), `${JSON.stringify({ format: 1, weights }, null, 2)}\n`);
}
