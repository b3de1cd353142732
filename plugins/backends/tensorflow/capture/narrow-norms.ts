import type { Source, Trace, TracedOp } from "./trace.ts";

/** oneDNN is slow at batch norms whose channels are no multiple of it (docs/performance.md). */
const alignment = 4;

/** Channels that a batch norm is computed with in place of those that it has. */
export function wideChannels(channels: number): number {
  return Math.ceil(channels / alignment) * alignment;
}

/** A shape whose channels, the last axis or the given one, are as many as a batch norm is computed with. */
export function wideShape(shape: readonly number[], axis: number = shape.length - 1): readonly number[] {
  return shape.map((length, place) => (place === axis ? wideChannels(length) : length));
}

/** Whether it is a batch norm of a training step, or its gradient, whose channels are too few. */
export function isNarrowNorm({ name, outputs, attributes }: TracedOp): boolean {
  if (name !== "FusedBatchNormV3" && name !== "FusedBatchNormGradV3") return false;
  const given = (attribute: string) => attributes.find((each) => each.name === attribute)?.value;
  const [shape = []] = outputs.map((output) => output.shape);
  const channels = shape[3];
  if (shape.length !== 4 || channels === undefined || wideChannels(channels) === channels) return false;
  // without an epsilon channels of zeros would be divided by their deviation, zero
  return given("data_format") === "NHWC" && given("is_training") === true && Number(given("epsilon")) > 0;
}

/** Places of the inputs whose channels an operation's output has too. */
const carried: Readonly<Record<string, readonly number[]>> = {
  Reshape: [0],
  Relu: [0],
  Relu6: [0],
  Maximum: [0],
  ReluGrad: [0],
  Relu6Grad: [0],
  DepthwiseConv2dNative: [0],
  DepthwiseConv2dNativeBackpropInput: [2],
};

/** Operations whose output a narrow batch norm takes, as it is or through operations that keep the channels. */
export function beforeNarrowNorms({ ops }: Trace): ReadonlySet<number> {
  const found = new Set<number>();
  const ask = (source: Source | undefined): void => {
    if (source?.from === "op") found.add(source.op);
  };
  for (let place = ops.length - 1; place >= 0; place--) {
    const op = ops[place] as TracedOp;
    if (isNarrowNorm(op)) ask(op.inputs[0]);
    else if (found.has(place)) for (const input of carried[op.name] ?? []) ask(op.inputs[input]);
  }
  return found;
}
