import type { NativeBinding, NativeTensor } from "../native-backend.ts";
import type { TracedOp } from "./trace.ts";

/**
 * Makes tensors without values in place of computing operations that are known from an earlier recording. From the first
 * operation on that differs it makes none: the rest is computed, with what there is.
 */
export class OutputMaker {
  readonly #addon: NativeBinding;
  readonly #known: readonly TracedOp[];
  /** Shapes on the device, by text. */
  readonly #shapes = new Map<string, number>();
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
  of(place: number, op: Pick<TracedOp, "name" | "attributes" | "inputs">): NativeTensor[] | undefined {
    const known = this.#known[place];
    this.#diverged ||= known === undefined || textOf(known) !== textOf(op);
    if (known === undefined || this.#diverged) return undefined;
    return known.outputs.map(({ shape, dtype }) => this.#empty(shape, dtype));
  }

  dispose(): void {
    for (const id of this.#shapes.values()) this.#addon.deleteTensor(id);
    this.#shapes.clear();
  }

  #empty(shape: readonly number[], dtype: number): NativeTensor {
    const { TF_ATTR_BOOL, TF_ATTR_TYPE, TF_INT32 } = this.#addon;
    const key = shape.join();
    const given = this.#shapes.get(key) ?? this.#addon.createTensor([shape.length], TF_INT32, Int32Array.from(shape));
    this.#shapes.set(key, given);
    const attributes = [
      { name: "dtype", type: TF_ATTR_TYPE, value: dtype },
      { name: "init", type: TF_ATTR_BOOL, value: false },
    ];
    const [tensor] = this.#addon.executeOp("Empty", attributes, [given], 1);
    if (tensor === undefined) throw new RangeError("TensorFlow made no empty tensor");
    return tensor;
  }
}

function textOf({ name, attributes, inputs }: Pick<TracedOp, "name" | "attributes" | "inputs">): string {
  return JSON.stringify([name, attributes, inputs]);
}
