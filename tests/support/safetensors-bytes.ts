interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Bytes of a safetensors file of float32 tensors. */
export function safetensorsBytes(tensors: ReadonlyMap<string, Tensor>): Buffer {
  const header: Record<string, object> = { __metadata__: { format: "pt" } };
  let at = 0;
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const parts = [...tensors.values()].map(({ values }) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([length, text, ...parts]);
}
