import type { NativeBinding, OpAttribute } from "../native-backend.ts";
import type { TraceEditor } from "./rewrite-trace.ts";
import type { Source, TracedOp } from "./trace.ts";

/** Adds common operations to a trace that is being written anew. */
export class OperationWords {
  readonly #binding: NativeBinding;
  readonly #editor: TraceEditor;
  readonly #author: string | undefined;

  /** @param op what they are added for: its author is theirs */
  constructor(binding: NativeBinding, editor: TraceEditor, { author }: Pick<TracedOp, "author">) {
    this.#binding = binding;
    this.#editor = editor;
    this.#author = author;
  }

  reshape(value: Source, shape: readonly number[], dtype: number): Source {
    return this.#add("Reshape", [value, this.integers(shape)], { T: dtype, Tshape: this.#integer }, { shape, dtype });
  }

  /** Zeros after the end of each axis, up to a shape. */
  pad(value: Source, from: readonly number[], to: readonly number[], dtype: number): Source {
    const amounts = from.flatMap((length, axis) => [0, (to[axis] ?? length) - length]);
    const inputs = [value, this.integers(amounts, [from.length, 2])];
    return this.#add("Pad", inputs, { T: dtype, Tpaddings: this.#integer }, { shape: to, dtype });
  }

  /** The first numbers along each axis. */
  cut(value: Source, shape: readonly number[], dtype: number): Source {
    const begin = this.integers(shape.map(() => 0));
    const inputs = [value, begin, this.integers(shape)];
    return this.#add("Slice", inputs, { T: dtype, Index: this.#integer }, { shape, dtype });
  }

  /** Tensors one after the other along an axis. */
  join(values: readonly Source[], axis: number, { shape, dtype }: TracedOp["outputs"][number]): Source {
    const count: OpAttribute = { name: "N", type: this.#binding.TF_ATTR_INT, value: values.length };
    const inputs = [...values, this.integers([axis], [])];
    return this.#add("ConcatV2", inputs, { T: dtype, Tidx: this.#integer }, { shape, dtype }, [count]);
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): Source {
    return this.#editor.constant({ shape, dtype: this.#integer, values: Int32Array.from(values) });
  }

  /** Types among an operation's attributes. */
  types(types: Readonly<Record<string, number>>): OpAttribute[] {
    return Object.entries(types).map(([name, value]) => ({ name, type: this.#binding.TF_ATTR_TYPE, value }));
  }

  get #integer(): number {
    return this.#binding.TF_INT32;
  }

  #add(
    name: string,
    inputs: readonly Source[],
    types: Readonly<Record<string, number>>,
    output: TracedOp["outputs"][number],
    others: readonly OpAttribute[] = [],
  ): Source {
    const attributes = [...others, ...this.types(types)];
    return this.#editor.add({ name, inputs, attributes, outputs: [output], author: this.#author });
  }
}
