/** One field of a message: its number, and a number or the bytes that it holds. */
export interface ProtobufField {
  readonly number: number;
  /** Of integers; 0 for fields of other wire types. */
  readonly integer: number;
  /** Of strings, bytes, messages and packed numbers; empty for fields of other wire types. */
  readonly bytes: Uint8Array;
}

/** What a reader throws where the bytes end inside a field. */
export class ProtobufCut extends Error {}

const noBytes = new Uint8Array();

/**
 * The fields of a message in the order in which they stand. Nothing is copied.
 *
 * @throws ProtobufCut where a field reaches past the end, Error where the bytes are no message
 * @see Protocol Buffers, "Encoding"
 */
export function* protobufFields(message: Uint8Array): Generator<ProtobufField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    // beyond 2⁵³ digits are lost: such numbers (−1, hashes) are nothing that is read here
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) throw new ProtobufCut("it ends inside a number");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("it has a number of more than ten bytes");
  };
  const take = (length: number): Uint8Array => {
    if (at + length > message.length) throw new ProtobufCut("a field reaches past its end");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0) throw new Error("it has a field without a number");
    switch (tag % 8) {
      case 0:
        yield { number, integer: varint(), bytes: noBytes };
        break;
      case 1:
        take(8);
        yield { number, integer: 0, bytes: noBytes };
        break;
      case 2:
        yield { number, integer: 0, bytes: take(varint()) };
        break;
      case 5:
        take(4);
        yield { number, integer: 0, bytes: noBytes };
        break;
      default:
        throw new Error(`it has a field of wire type ${tag % 8}`);
    }
  }
}
