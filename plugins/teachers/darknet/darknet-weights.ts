import { KdflowError } from "../../../core/index.ts";

/** Far more than a layer of a detector holds. */
const mostFloats = 2 ** 26;

/**
 * The floats of a darknet `.weights` file, in the order in which layers take them. The header is three int32 (major,
 * minor, revision) and the count of images seen, 8 bytes from version 0.2 on and 4 before.
 */
export class DarknetWeights {
  readonly #file: string;
  readonly #floats: Float32Array;
  #at = 0;

  /** @throws KDF_INPUT_TRUNCATED where the bytes are no header and whole floats */
  constructor(file: string, bytes: Uint8Array) {
    this.#file = file;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const version = bytes.byteLength < 12 ? 0 : view.getInt32(0, true) * 10 + view.getInt32(4, true);
    const header = version >= 2 ? 20 : 16;
    const rest = bytes.byteLength - header;
    if (rest < 0 || rest % 4 !== 0) {
      throw new KdflowError(
        "KDF_INPUT_TRUNCATED",
        `"${file}" has ${bytes.byteLength} bytes, which are no whole floats`,
        {
          hint: "the file was cut off; fetch it again",
        },
      );
    }
    // little-endian, as all machines are that the runtimes here run on; copied, for the offset may be odd; a Buffer's own
    // `slice` would not copy
    this.#floats = new Float32Array(Uint8Array.prototype.slice.call(bytes, header).buffer);
  }

  /**
   * The next floats; past the end zeros, which {@link assertAllTaken} reports with the whole count.
   *
   * @throws KDF_TEACHER_DARKNET for a layer of no possible size
   */
  take(count: number): Float32Array {
    if (!Number.isSafeInteger(count) || count < 0 || count > mostFloats) {
      throw new KdflowError("KDF_TEACHER_DARKNET", `a layer would take ${count} floats of "${this.#file}"`, {
        hint: "look at `filters`, `size`, `groups` and `channels` of the .cfg",
      });
    }
    const floats = this.#floats.subarray(this.#at, this.#at + count);
    this.#at += count;
    if (floats.length === count) return floats;
    const padded = new Float32Array(count);
    padded.set(floats);
    return padded;
  }

  /** @throws KDF_INPUT_TRUNCATED for too few floats, KDF_TEACHER_DARKNET for too many */
  assertAllTaken(cfg: string): void {
    const { length } = this.#floats;
    if (this.#at === length) return;
    const message = `"${this.#file}" holds ${length} floats, "${cfg}" describes ${this.#at}`;
    throw this.#at > length
      ? new KdflowError("KDF_INPUT_TRUNCATED", message, {
          hint: "the file was cut off, holds the first layers alone, or belongs to another .cfg",
        })
      : new KdflowError("KDF_TEACHER_DARKNET", message, { hint: "give the .cfg with which the weights were trained" });
  }
}
