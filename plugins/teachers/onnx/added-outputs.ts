/** Field numbers of `onnx.proto`. */
const graph = 7;
const output = 12;
const name = 1;

/**
 * A model that gives inner tensors too. Of a message that stands twice the fields of both count, so a second `graph`
 * behind the model adds outputs to the first; their types are inferred by whoever loads it.
 *
 * @param model bytes of an ONNX file
 * @param tensors that are no outputs yet
 * @see Protocol Buffers, "Encoding", "Last One Wins"
 */
export function withOutputs(model: Uint8Array, tensors: readonly string[]): Uint8Array {
  const outputs = tensors.map((tensor) => field(output, field(name, new TextEncoder().encode(tensor))));
  return Buffer.concat([model, field(graph, Buffer.concat(outputs))]);
}

/** A field of bytes with its length. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
