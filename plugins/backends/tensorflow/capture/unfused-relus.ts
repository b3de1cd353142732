import type { NativeBinding } from "../native-backend.ts";
import { rewriteTrace } from "./rewrite-trace.ts";
import type { Trace } from "./trace.ts";

const noShapes = (): undefined => undefined;

/**
 * Writes a relu after a batch norm as the maximum of its input and 0. TensorFlow would make one operation of the two,
 * whose training pass in oneDNN takes longer than both (docs/performance.md).
 */
export function unfuseRelus(trace: Trace, { TF_FLOAT }: NativeBinding): Trace {
  return rewriteTrace(trace, noShapes, (op, editor) => {
    const [value] = op.inputs;
    if (op.name !== "Relu" || value === undefined) return undefined;
    if (editor.maker(value)?.name !== "FusedBatchNormV3" || op.outputs[0]?.dtype !== TF_FLOAT) return undefined;
    const zero = editor.constant({ shape: [], dtype: TF_FLOAT, values: Float32Array.of(0) });
    return editor.add({ ...op, name: "Maximum", inputs: [value, zero] });
  });
}
