import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/**
 * Averages a map to another size: output row i is the mean of input rows ⌊i h / out⌋ … ⌈(i + 1) h / out⌉ − 1, and
 * columns alike, whether or not the sizes divide, as PyTorch's adaptive average pooling does.
 *
 * @param x `[batch, height, width, channels]`
 * @returns `[batch, rows, columns, channels]`
 */
export function pool(tf: Tf, x: Tensor, rows: number, columns: number): Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  if (height === rows && width === columns) return x;
  const flat = tf.reshape(x, [batch, height, width * channels]);
  const lines = tf.matMul(tf.tile(averages(tf, height, rows), [batch, 1, 1]), flat); // [batch, rows, width · channels]
  const apart = tf.reshape(lines, [batch * rows, width, channels]);
  const pooled = tf.matMul(tf.tile(averages(tf, width, columns), [batch * rows, 1, 1]), apart);
  return tf.reshape(pooled, [batch, rows, columns, channels]);
}

/** Both maps, the larger one averaged to the size of the smaller; vectors as they are. */
export function poolToSmaller(tf: Tf, student: Tensor, teacher: Tensor): [Tensor, Tensor] {
  if (student.rank !== 4 || teacher.rank !== 4) return [student, teacher];
  const rows = Math.min(student.shape[1] ?? 1, teacher.shape[1] ?? 1);
  const columns = Math.min(student.shape[2] ?? 1, teacher.shape[2] ?? 1);
  return [pool(tf, student, rows, columns), pool(tf, teacher, rows, columns)];
}

/** `[1, to, from]`: row i averages the inputs of output i. */
function averages(tf: Tf, from: number, to: number): Tensor {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const start = Math.floor((i * from) / to);
    const end = Math.ceil(((i + 1) * from) / to);
    weights.fill(1 / (end - start), i * from + start, i * from + end);
  }
  return tf.tensor(weights, [1, to, from]);
}
