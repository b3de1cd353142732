import type { NativeBinding } from "../native-backend.ts";
import { wideShape } from "./narrow-norms.ts";
import { OperationWords } from "./operation-words.ts";
import type { TraceEditor } from "./rewrite-trace.ts";
import type { Source, TracedOp } from "./trace.ts";
import { keyOf } from "./trace-view.ts";

/** What the values of a trace are with channels of zeros besides, by the value and its wider shape. */
export type WideTwins = Map<string, Source>;

/** Values with and without channels of zeros, for one operation. */
export class WideValues {
  readonly op: TracedOp;
  readonly words: OperationWords;
  readonly #editor: TraceEditor;
  readonly #twins: WideTwins;

  constructor(binding: NativeBinding, editor: TraceEditor, op: TracedOp, twins: WideTwins) {
    this.op = op;
    this.words = new OperationWords(binding, editor, op);
    this.#editor = editor;
    this.#twins = twins;
  }

  shapeOf(value: Source): readonly number[] {
    return this.#editor.shapeOf(value) ?? [];
  }

  maker(value: Source): TracedOp | undefined {
    return this.#editor.maker(value);
  }

  /** The value with more channels, where it was computed with them. */
  twin(value: Source): Source | undefined {
    return this.#twins.get(twinKey(value, wideShape(this.shapeOf(value))));
  }

  /** The value with more channels, padded where it was not computed with them. */
  wide(value: Source): Source {
    return this.padded(value, wideShape(this.shapeOf(value)));
  }

  /** A value with zeros after the end of some axes; once for each shape. */
  padded(value: Source, to: readonly number[]): Source {
    const from = this.shapeOf(value);
    if (String(from) === String(to)) return value;
    const key = twinKey(value, to);
    const found = this.#twins.get(key) ?? this.words.pad(value, from, to, this.#dtype);
    this.#twins.set(key, found);
    return found;
  }

  /** Adds the operation with other inputs, and other shapes of its outputs. */
  addAll(inputs: readonly Source[], widen: (shape: readonly number[]) => readonly number[]): readonly Source[] {
    const outputs = this.op.outputs.map(({ shape, dtype }) => ({ shape: widen(shape), dtype }));
    return this.#editor.addAll({ ...this.op, inputs, outputs });
  }

  /** The same for an operation with one output. @returns the output as it was, cut from the wider one */
  add(inputs: readonly Source[], shape: readonly number[]): Source {
    const [output] = this.addAll(inputs, () => shape);
    return this.cut(output as Source, this.op.outputs[0]?.shape ?? []);
  }

  /** The part of a wider value that holds the channels which there are. */
  cut(wide: Source, shape: readonly number[]): Source {
    if (String(this.shapeOf(wide)) === String(shape)) return wide;
    const cut = this.words.cut(wide, shape, this.#dtype);
    this.#twins.set(twinKey(cut, this.shapeOf(wide)), wide);
    return cut;
  }

  get #dtype(): number {
    return this.op.outputs[0]?.dtype ?? -1;
  }
}

function twinKey(value: Source, shape: readonly number[]): string {
  return `${keyOf(value)} as ${shape.join()}`;
}
