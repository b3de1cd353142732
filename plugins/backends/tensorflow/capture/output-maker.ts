import type { NativeBinding, NativeTensor } from "../native-backend.ts";
import { isSameOperation, type StartedOp } from "./same-operation.ts";
import type { TracedOp } from "./trace.ts";

/**
 * Makes up tensors in place of computing operations that are known from an earlier recording. They are numbers below
 * those of the addon's tensors, which TensorFlow.js takes for tensors that the device does not hold; it frees none of
 * them. From the first operation on that differs none are made up: the rest is computed, with tensors without values.
 */
export class OutputMaker {
  readonly #addon: NativeBinding;
  readonly #known: readonly TracedOp[];
  /** What was made up, by number. */
  readonly #madeUp = new Map<number, Omit<NativeTensor, "id">>();
  /** Their tensors on the device, where an operation was computed after all. */
  readonly #real = new Map<number, number>();
  #diverged = false;

  constructor(addon: NativeBinding, known: readonly TracedOp[]) {
    this.#addon = addon;
    this.#known = known;
  }

  /** Whether an operation was not the known one of its place. */
  get diverged(): boolean {
    return this.#diverged;
  }

  /**
   * @param place of the operation in the order in which they run
   * @returns `undefined` once operations differ
   */
  of(place: number, op: StartedOp): NativeTensor[] | undefined {
    const known = this.#known[place];
    this.#diverged ||= known === undefined || !isSameOperation(known, op);
    if (known === undefined || this.#diverged) return undefined;
    return known.outputs.map(({ shape, dtype }) => {
      // -1 is TensorFlow.js's own number for a tensor that is still on the host
      const id = -2 - this.#madeUp.size;
      this.#madeUp.set(id, { shape, dtype });
      return { id, shape: [...shape], dtype };
    });
  }

  /** A tensor of the addon for a number that may be made up. */
  real(id: number): number {
    const known = this.#real.get(id);
    if (known !== undefined) return known;
    const madeUp = this.#madeUp.get(id);
    if (madeUp === undefined) return id;
    const made = this.#empty(madeUp);
    this.#real.set(id, made);
    return made;
  }

  dispose(): void {
    for (const id of this.#real.values()) this.#addon.deleteTensor(id);
    this.#real.clear();
  }

  #empty({ shape, dtype }: Omit<NativeTensor, "id">): number {
    const { TF_ATTR_BOOL, TF_ATTR_TYPE, TF_INT32 } = this.#addon;
    const lengths = this.#addon.createTensor([shape.length], TF_INT32, Int32Array.from(shape));
    const attributes = [
      { name: "dtype", type: TF_ATTR_TYPE, value: dtype },
      { name: "init", type: TF_ATTR_BOOL, value: true },
    ];
    try {
      const [tensor] = this.#addon.executeOp("Empty", attributes, [lengths], 1);
      if (tensor === undefined) throw new RangeError("TensorFlow made no empty tensor");
      return tensor.id;
    } finally {
      this.#addon.deleteTensor(lengths);
    }
  }
}
