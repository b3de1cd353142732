/**
 * The weights, images, labels and teacher logits of the PyTorch goldens, from integers that every language computes
 * alike. scripts/goldens/golden_training.py holds the same formula.
 */

const classes = 10;

/** Which weights and batches: part of a golden file. */
export interface ParityInputs {
  readonly seed: number;
  /** Height and width of the images; one channel. */
  readonly side: number;
  /** The convolutions whose batch norm no ReLU follows, where all other norms start with a large offset. */
  readonly linearNorms: string | null;
}

export interface ParityBatch {
  /** `[size, side, side, 1]` */
  readonly pixels: Uint8Array;
  /** `[size]` */
  readonly labels: Int32Array;
  /** `[size, classes]` */
  readonly teacherLogits: Float32Array;
}

function fnv1a(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** Integers 0…2³² − 1, `[size]`: MurmurHash3's finalizer of fnv1a(name) + i · 0x9e3779b9. */
export function hashes(name: string, size: number): Uint32Array {
  const start = fnv1a(name);
  return Uint32Array.from({ length: size }, (_, i) => {
    let x = (start + Math.imul(i, 0x9e3779b9)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return x ^ (x >>> 16);
  });
}

function uniform(name: string, size: number, low: number, high: number): Float32Array {
  return Float32Array.from(hashes(name, size), (hash) => low + (high - low) * (hash / 2 ** 32));
}

/** A weight before training; kernels have variance 2 / fan-in. */
export function initialWeight(
  { seed, linearNorms }: ParityInputs,
  name: string,
  shape: readonly number[],
): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const [low, high] = weightRange(name, shape, linearNorms);
  return uniform(`${seed}/${name}`, size, low, high);
}

function weightRange(name: string, shape: readonly number[], linearNorms: string | null): [number, number] {
  const kind = name.slice(name.lastIndexOf("/") + 1);
  const active = linearNorms !== null && !name.endsWith(`${linearNorms}/norm/${kind}`);
  if (kind === "gamma") return active ? [0.7, 1.0] : [0.7, 1.3];
  if (kind === "beta" && active) return [2.8, 3.2];
  if (kind === "beta" || kind === "bias" || kind === "moving_mean") return [-0.2, 0.2];
  if (kind === "moving_variance") return [0.5, 1.5];
  if (kind === "values") return name.endsWith("multiply/values") ? [0.9, 1.1] : [-0.1, 0.1];
  const window = kind === "depthwise_kernel" ? shape.slice(0, 2) : shape.slice(0, -1);
  const bound = Math.sqrt(6 / window.reduce((product, length) => product * length, 1));
  return [-bound, bound];
}

/**
 * A batch by the number of its step, or `"predict"`: stripes whose direction depends on the label, and noise; teacher
 * logits are noise of ±4, and 6 more for the label.
 */
export function parityBatch({ seed, side }: ParityInputs, batch: number | "predict", size: number): ParityBatch {
  const labels = Int32Array.from(hashes(`${seed}/labels/${batch}`, size), (hash) => hash % classes);
  const pixels = Uint8Array.from(hashes(`${seed}/images/${batch}`, size * side * side), (hash, i) => {
    const label = labels[Math.floor(i / (side * side))] as number;
    const y = Math.floor(i / side) % side;
    const x = i % side;
    return (x * (3 * label + 1) + y * (23 - 2 * label) + (hash % 96)) % 256;
  });
  const teacherLogits = uniform(`${seed}/teacher/${batch}`, size * classes, -4, 4);
  for (const [row, label] of labels.entries()) {
    const position = row * classes + label;
    teacherLogits[position] = (teacherLogits[position] as number) + 6;
  }
  return { pixels, labels, teacherLogits };
}
