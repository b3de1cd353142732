import type { NativeBinding } from "../native-backend.ts";
import { pruned, type Source, type Trace, type TracedConstant, type TracedOp } from "./trace.ts";

/**
 * The trace with detours taken out that TensorFlow's own optimiser leaves in. Splitting channels by cropping gives two
 * slices in a row, and its gradient pads both halves with zeros and adds them:
 *
 * - a slice of everything is its input, and so is a padding by nothing;
 * - a slice of a slice is one slice, and a padding of a padding one padding;
 * - the sum of two tensors, each padded with zeros where the other stands, is their concatenation.
 *
 * All three give the same numbers, bit for bit.
 */
export function simplified(trace: Trace, binding: NativeBinding): Trace {
  return pruned(new Simplifier(trace, binding).trace());
}

interface Cut {
  readonly input: Source;
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

interface Padded {
  readonly input: Source;
  /** Numbers of zeros before and after, by axis. */
  readonly paddings: readonly (readonly [number, number])[];
}

class Simplifier {
  readonly #given: Trace;
  readonly #binding: NativeBinding;
  readonly #ops: TracedOp[] = [];
  readonly #constants: TracedConstant[];
  /** What stands for an operation's only output, where that is not the operation itself. */
  readonly #instead = new Map<number, Source>();

  constructor(trace: Trace, binding: NativeBinding) {
    this.#given = trace;
    this.#binding = binding;
    this.#constants = [...trace.constants];
  }

  trace(): Trace {
    for (const [index, op] of this.#given.ops.entries()) {
      const moved = { ...op, inputs: op.inputs.map((source) => this.#resolved(source)) };
      const rewritten = this.#rewritten(moved);
      if (rewritten === undefined) this.#ops.push(moved);
      else if ("from" in rewritten) {
        this.#instead.set(index, rewritten);
        this.#ops.push(moved);
      } else this.#ops.push(rewritten);
    }
    const ends = <K>(map: ReadonlyMap<K, Source>): Map<K, Source> =>
      new Map([...map].map(([key, source]) => [key, this.#resolved(source)]));
    return {
      ops: this.#ops,
      constants: this.#constants,
      results: ends(this.#given.results),
      assigned: ends(this.#given.assigned),
    };
  }

  #resolved(source: Source): Source {
    return source.from === "op" ? (this.#instead.get(source.op) ?? source) : source;
  }

  #rewritten(op: TracedOp): TracedOp | Source | undefined {
    if (op.name === "Slice") return this.#slice(op);
    if (op.name === "PadV2") return this.#pad(op);
    if (op.name === "Add" || op.name === "AddV2") return this.#sum(op);
    return undefined;
  }

  #slice(op: TracedOp): TracedOp | Source | undefined {
    const cut = this.#cutOf(op);
    if (cut === undefined) return undefined;
    if (sameNumbers(this.#shapeOf(cut.input), cut.size)) return cut.input;
    const inner = this.#opOf(cut.input);
    const innerCut = inner === undefined ? undefined : this.#cutOf(inner);
    if (innerCut === undefined) return undefined;
    const begin = cut.begin.map((start, axis) => start + (innerCut.begin[axis] ?? 0));
    return { ...op, inputs: [innerCut.input, this.#like(op, 1, begin), this.#like(op, 2, cut.size)] };
  }

  #pad(op: TracedOp): TracedOp | Source | undefined {
    const padded = this.#paddedOf(op);
    if (padded === undefined) return undefined;
    if (padded.paddings.every(([before, after]) => before === 0 && after === 0)) return padded.input;
    const inner = this.#opOf(padded.input);
    const innerPadded = inner === undefined ? undefined : this.#paddedOf(inner);
    if (innerPadded === undefined) return undefined;
    const paddings = padded.paddings.flatMap(([before, after], axis) => {
      const [innerBefore = 0, innerAfter = 0] = innerPadded.paddings[axis] ?? [];
      return [before + innerBefore, after + innerAfter];
    });
    const [, , zero] = op.inputs;
    return zero === undefined ? undefined : { ...op, inputs: [innerPadded.input, this.#like(op, 1, paddings), zero] };
  }

  #sum(op: TracedOp): TracedOp | undefined {
    const [a, b] = op.inputs.map((source) => {
      const maker = this.#opOf(source);
      return maker === undefined ? undefined : this.#paddedOf(maker);
    });
    const type = op.attributes.find(({ name }) => name === "T");
    if (a === undefined || b === undefined || type === undefined) return undefined;
    const axis = a.paddings.findIndex(([before, after]) => before + after > 0);
    const sizes = [this.#shapeOf(a.input)?.[axis], this.#shapeOf(b.input)?.[axis]] as const;
    const [sizeOfA, sizeOfB] = sizes;
    if (sizeOfA === undefined || sizeOfB === undefined) return undefined;
    if (onlyPads(a, axis, [0, sizeOfB]) && onlyPads(b, axis, [sizeOfA, 0])) return this.#joined(op, [a, b], axis);
    if (onlyPads(a, axis, [sizeOfB, 0]) && onlyPads(b, axis, [0, sizeOfA])) return this.#joined(op, [b, a], axis);
    return undefined;
  }

  #joined(op: TracedOp, parts: readonly Padded[], axis: number): TracedOp {
    const { TF_INT32, TF_ATTR_INT, TF_ATTR_TYPE } = this.#binding;
    return {
      ...op,
      name: "ConcatV2",
      attributes: [
        { name: "N", type: TF_ATTR_INT, value: parts.length },
        { name: "Tidx", type: TF_ATTR_TYPE, value: TF_INT32 },
        ...op.attributes.filter(({ name }) => name === "T"),
      ],
      inputs: [...parts.map(({ input }) => input), this.#constant(op, [], [axis])],
    };
  }

  #cutOf({ name, inputs: [input, beginSource, sizeSource] }: TracedOp): Cut | undefined {
    const [begin, size] = [this.#numbersOf(beginSource), this.#numbersOf(sizeSource)];
    if (name !== "Slice" || input === undefined || begin === undefined || size === undefined) return undefined;
    return { input, begin, size };
  }

  /** @returns `undefined` unless the padding is with zeros */
  #paddedOf({ name, inputs: [input, paddingSource, valueSource] }: TracedOp): Padded | undefined {
    const [numbers, value] = [this.#numbersOf(paddingSource), this.#numbersOf(valueSource)];
    if (name !== "PadV2" || input === undefined || numbers === undefined || value?.[0] !== 0) return undefined;
    const paddings = Array.from(
      { length: numbers.length / 2 },
      (_, axis) => [numbers[2 * axis] ?? 0, numbers[2 * axis + 1] ?? 0] as const,
    );
    return { input, paddings };
  }

  #opOf(source: Source): TracedOp | undefined {
    return source.from === "op" && source.output === 0 ? this.#ops[source.op] : undefined;
  }

  #shapeOf(source: Source): readonly number[] | undefined {
    return source.from === "op" ? this.#given.ops[source.op]?.outputs[source.output]?.shape : undefined;
  }

  #numbersOf(source: Source | undefined): readonly number[] | undefined {
    return source?.from === "constant" ? [...(this.#constants[source.constant]?.values ?? [])] : undefined;
  }

  /** The constant at an operation's place, with other numbers. */
  #like(op: TracedOp, place: number, numbers: readonly number[]): Source {
    const source = op.inputs[place];
    const shape = source?.from === "constant" ? this.#constants[source.constant]?.shape : undefined;
    return this.#constant(op, shape ?? [numbers.length], numbers);
  }

  #constant({ author }: TracedOp, shape: readonly number[], numbers: readonly number[]): Source {
    const constant = { shape, dtype: this.#binding.TF_INT32, values: Int32Array.from(numbers), author };
    return { from: "constant", constant: this.#constants.push(constant) - 1 };
  }
}

function onlyPads({ paddings }: Padded, axis: number, [before, after]: readonly [number, number]): boolean {
  return paddings.every((padding, i) =>
    i === axis ? padding[0] === before && padding[1] === after : padding[0] === 0 && padding[1] === 0,
  );
}

function sameNumbers(a: readonly number[] | undefined, b: readonly number[]): boolean {
  return a !== undefined && a.length === b.length && a.every((value, i) => value === b[i]);
}
