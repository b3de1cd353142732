import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { HostArray, StateVariable, TensorSpec, Tf } from "../../../../core/index.ts";
import { HostBuffers } from "../../eager/host-buffers.ts";
import type { NativeBackend } from "../native-backend.ts";
import { recordTrace } from "./record-trace.ts";
import type { Trace, TracedOp } from "./trace.ts";

export interface RecordBodyRequest {
  readonly tf: Tf;
  readonly native: NativeBackend;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** The inputs that the body takes. */
  readonly names: readonly string[];
  readonly state: readonly StateVariable[];
  readonly author: (() => string | undefined) | undefined;
  readonly frozen?: boolean;
  /** As in `recordTrace`. */
  readonly follow?: readonly TracedOp[] | undefined;
  readonly batch: Readonly<Record<string, HostArray>>;
  readonly size: number;
  readonly scalars: Readonly<Record<string, number>>;
  body(
    inputs: Readonly<Record<string, Tensor>>,
    scalars: Readonly<Record<string, Scalar>>,
  ): Readonly<Record<string, Tensor>>;
}

export interface Recorded {
  readonly trace: Trace;
  /** All operations in the order in which they ran. */
  readonly ops: readonly TracedOp[];
  /** Results of the run that was recorded; none where it followed another recording. */
  readonly results: Readonly<Record<string, Float32Array>>;
}

/** Runs a body once on host data and records it. State changes as the body says; everything else is freed. */
export function recordBody(request: RecordBodyRequest): Recorded {
  const { tf, batch, size, names, body } = request;
  const buffers = new HostBuffers(tf, request.inputs);
  let recorded: Recorded | undefined;
  // nothing is returned: a tidy walks every element of what it returns
  tf.tidy(() => {
    const inputs = buffers.tensors(names, batch, size);
    const scalars: Record<string, Scalar> = {};
    for (const [name, value] of Object.entries(request.scalars)) scalars[name] = tf.scalar(value, "float32");
    const { trace, ops, results } = recordTrace({ ...request, inputs, scalars, body: () => body(inputs, scalars) });
    // those of a recording that follows another were not computed
    const computed = request.follow === undefined ? results : {};
    const host = Object.entries(computed).map(
      ([name, tensor]) => [name, Float32Array.from(tensor.dataSync())] as const,
    );
    recorded = { trace, ops, results: Object.fromEntries(host) };
  });
  buffers.dispose();
  return recorded as unknown as Recorded;
}
