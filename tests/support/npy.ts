/** The bytes of a NumPy file, version 1, of float32 numbers in C order. */
export function npyBytes(shape: readonly number[], values: Float32Array): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  // magic, version and length are ten bytes; the whole header ends at a multiple of 64
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([
    0x93,
    ...Buffer.from("NUMPY"),
    1,
    0,
    header.length % 256,
    Math.floor(header.length / 256),
  ]);
  return Buffer.concat([
    start,
    Buffer.from(header, "latin1"),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]);
}
