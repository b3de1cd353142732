import type { NativeBinding } from "../native-backend.ts";
import { OperationWords } from "./operation-words.ts";
import { type LeafShapes, rewriteTrace, type TraceEditor } from "./rewrite-trace.ts";
import type { Source, Trace } from "./trace.ts";

/**
 * Makes a concatenation of a sum of two tensors that were padded with zeros to lie side by side: the gradient of a
 * feature map that was cut in two, as in ShuffleNetV2's units. One pass over the feature map takes the place of three.
 */
export function joinPieces(trace: Trace, binding: NativeBinding, shapeOfLeaf: LeafShapes): Trace {
  return rewriteTrace(trace, shapeOfLeaf, (op, editor) => {
    const output = op.outputs[0];
    if ((op.name !== "Add" && op.name !== "AddV2") || output === undefined) return undefined;
    if (op.inputs.some((input) => String(editor.shapeOf(input)) !== String(output.shape))) return undefined;
    const [one, other] = op.inputs.map((input) => pieceOf(trace, editor, input));
    if (one === undefined || other === undefined || one.axis !== other.axis) return undefined;
    const [first, second] = one.before === 0 ? [one, other] : [other, one];
    const areBeside = first.before === 0 && first.length === second.before && second.length === first.after;
    if (!areBeside || second.after !== 0) return undefined;
    const words = new OperationWords(binding, editor, op);
    return words.join([first.piece, second.piece], first.axis, output);
  });
}

/** A tensor that was padded with zeros along one axis. */
interface Piece {
  readonly piece: Source;
  readonly axis: number;
  readonly length: number;
  /** Zeros before and after it. */
  readonly before: number;
  readonly after: number;
}

function pieceOf(trace: Trace, editor: TraceEditor, padded: Source): Piece | undefined {
  const maker = editor.maker(padded);
  const [piece, amounts, filling] = maker?.inputs ?? [];
  if (maker?.name !== "PadV2" || piece === undefined || numbersOf(trace, filling).some((value) => value !== 0)) {
    return undefined;
  }
  const shape = editor.shapeOf(piece) ?? [];
  const around = numbersOf(trace, amounts);
  const sides = shape.map((length, axis) => {
    return { piece, axis, length, before: around[2 * axis] ?? Number.NaN, after: around[2 * axis + 1] ?? Number.NaN };
  });
  const padding = sides.filter(({ before, after }) => before !== 0 || after !== 0);
  return padding.length === 1 ? padding[0] : undefined;
}

/** The numbers of a constant; one that is not a number where it is none. */
function numbersOf(trace: Trace, source: Source | undefined): readonly number[] {
  const constant = source?.from === "constant" ? trace.constants[source.constant] : undefined;
  return constant === undefined ? [Number.NaN] : [...constant.values].map(Number);
}
