import type { StateVariable, TensorSpec } from "../../../../core/index.ts";
import type { Source, Trace } from "./trace.ts";

/** One recorded body as a part of the graph: a training step or a prediction, at one batch size. */
export interface GraphPart {
  /** Begins the names of its nodes. */
  readonly scope: string;
  readonly batchSize: number;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly scalars: readonly string[];
  readonly trace: Trace;
}

/** Shape of a value inside a part. */
export function shapeOf(
  { trace, batchSize, inputs }: GraphPart,
  state: readonly StateVariable[],
  source: Source,
): readonly number[] | undefined {
  if (source.from === "op") return trace.ops[source.op]?.outputs[source.output]?.shape;
  if (source.from === "state" || source.from === "updated") return state[source.state]?.variable.shape;
  if (source.from === "constant") return trace.constants[source.constant]?.shape;
  return source.from === "input" ? [batchSize, ...(inputs[source.name]?.shape ?? [])] : [];
}
