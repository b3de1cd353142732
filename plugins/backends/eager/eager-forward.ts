import type { Forward, ForwardSpec, HostArray, Tf } from "../../../core/index.ts";
import { HostBuffers } from "./host-buffers.ts";

/** One piece of a batch, of exactly `size` samples. */
export type RunPiece = (
  batch: Readonly<Record<string, HostArray>>,
  size: number,
) => Promise<Readonly<Record<string, Float32Array>>>;

/** A forward pass that runs operation by operation. */
export function createEagerForward(tf: Tf, spec: ForwardSpec): Forward {
  const buffers = new HostBuffers(tf, spec.inputs);
  const names = Object.keys(spec.inputs);
  const run: RunPiece = async (batch, size) => {
    const results = tf.tidy(() => ({ ...spec.forward(buffers.tensors(names, batch, size)) }));
    const host: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(results)) {
      host[name] = Float32Array.from(await tensor.data());
      tensor.dispose();
    }
    return host;
  };
  return { run: inPieces(spec, run), dispose: () => buffers.dispose() };
}

/** Cuts batches into pieces of at most the largest size and joins what they give. */
export function inPieces({ inputs, batchSizes }: Pick<ForwardSpec, "inputs" | "batchSizes">, run: RunPiece): RunPiece {
  const [largest = 1] = batchSizes;
  return async (batch, batchSize) => {
    if (batchSize <= largest) return run(batch, batchSize);
    const pieces: Readonly<Record<string, Float32Array>>[] = [];
    for (let start = 0; start < batchSize; start += largest) {
      const size = Math.min(largest, batchSize - start);
      const piece = Object.entries(inputs).map(([name, spec]) => {
        const width = spec.shape.reduce((product, length) => product * length, 1);
        return [name, batch[name]?.subarray(start * width, (start + size) * width)] as const;
      });
      pieces.push(await run(Object.fromEntries(piece) as Record<string, HostArray>, size));
    }
    return joined(pieces);
  };
}

function joined(pieces: readonly Readonly<Record<string, Float32Array>>[]): Record<string, Float32Array> {
  const all: Record<string, Float32Array> = {};
  for (const name of Object.keys(pieces[0] ?? {})) {
    const arrays = pieces.map((piece) => piece[name] ?? new Float32Array());
    const whole = new Float32Array(arrays.reduce((sum, values) => sum + values.length, 0));
    let offset = 0;
    for (const values of arrays) {
      whole.set(values, offset);
      offset += values.length;
    }
    all[name] = whole;
  }
  return all;
}
