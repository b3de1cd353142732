import { KdflowError } from "../../../core/index.ts";

/** A class that a pickle names; it is never looked up, let alone called. */
export class PickledClass {
  readonly className: string;

  constructor(className: string) {
    this.className = className;
  }
}

/** What a pickle may hold here: dicts are maps, lists and tuples arrays; objects are what `calls` gave. */
export type Pickled = null | boolean | number | string | Uint8Array | object;

/** What stands for the few calls that state dicts consist of. */
export interface PickleCalls {
  /** What `className(...args)` gives; `undefined` where that is not known. */
  call(className: string, args: readonly Pickled[]): Pickled | undefined;
  /** The object of a persistent id. */
  persistent(id: Pickled): Pickled;
}

const mark = new PickledClass("mark");

/** Bytes, stack and memo of a pickle that is being read. */
export class PickleMachine {
  readonly calls: PickleCalls;
  readonly #bytes: Buffer;
  readonly #stack: Pickled[] = [];
  readonly #memo = new Map<number, Pickled>();
  #at: number;

  constructor(bytes: Buffer, start: number, calls: PickleCalls) {
    this.#bytes = bytes;
    this.#at = start;
    this.calls = calls;
  }

  get at(): number {
    return this.#at;
  }

  take(count: number): Buffer {
    const end = this.#at + count;
    if (count < 0 || end > this.#bytes.length)
      throw new KdflowError("KDF_INPUT_TRUNCATED", "its pickle ends too early");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** A number in so many bytes, little endian, unsigned. */
  unsigned(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntLE(0, bytes);
  }

  /** A length in eight bytes. */
  long(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  text(bytes: number, encoding: "utf8" | "latin1" = "utf8"): string {
    return this.take(bytes).toString(encoding);
  }

  line(): string {
    const text = this.text(this.#bytes.indexOf(0x0a, this.#at) - this.#at);
    this.take(1);
    return text;
  }

  push(value: Pickled): void {
    this.#stack.push(value);
  }

  pushMark(): void {
    this.#stack.push(mark);
  }

  pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined) throw brokenPickle();
    return value;
  }

  sinceMark(): Pickled[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw brokenPickle();
    return this.#stack.splice(at).slice(1);
  }

  get top(): Pickled {
    return this.#stack.at(-1) ?? null;
  }

  memoize(place: number = this.#memo.size): void {
    this.#memo.set(place, this.top);
  }

  recall(place: number): void {
    const value = this.#memo.get(place);
    if (value === undefined) throw brokenPickle();
    this.#stack.push(value);
  }
}

export function brokenPickle(): KdflowError {
  return new KdflowError("KDF_INPUT_FORMAT", "its pickle is damaged");
}
