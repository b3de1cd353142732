import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Tap } from "../../../core/index.ts";
import { channelsOf } from "./apply-layer.ts";

/** A block's result before and after its last activation. */
export interface Result {
  readonly pre: SymbolicTensor;
  readonly output: SymbolicTensor;
}

/** The result of a block that ends without an activation: there is nothing that `pre` could come before. */
export function linear(output: SymbolicTensor): Result {
  return { pre: output, output };
}

/** `count` equal blocks, the first of which has the stride. */
export function repeated<Block>(count: number, stride: number, block: Block): (Block & { readonly stride: number })[] {
  return Array.from({ length: count }, (_, i) => ({ ...block, stride: i === 0 ? stride : 1 }));
}

/**
 * Cuts a chain of blocks into stages: each block with a stride begins one. The cifar stem drops the stride of the first
 * of them, and leaves the stages as they are.
 */
export function toStages<Block extends { readonly stride: number }>(
  blocks: readonly Block[],
  stem: "imagenet" | "cifar",
): Block[][] {
  const stages: Block[][] = [[]];
  for (const block of blocks) {
    if (block.stride > 1) stages.push([]);
    const dropped = stem === "cifar" && stages.length === 2 && block.stride > 1;
    stages.at(-1)?.push(dropped ? { ...block, stride: 1 } : block);
  }
  return stages;
}

/** A tap with channels and stride measured from the tensor. */
export function tapOf(tensor: SymbolicTensor): Tap {
  const spatial = tensor.shape.length === 4;
  return { tensor, channels: channelsOf(tensor), stride: spatial ? strideOf(tensor) : 0 };
}

/**
 * Chains blocks and records the end of each stage as the taps `stage1`, `stage1/pre`, `stage2` …
 *
 * @param start what the first block works on; the end of the first stage where that has no block
 * @param stages blocks of each stage
 * @param build adds one block; `stage` is the name of its stage, `number` its place there, from 1
 * @param stem results that are stages of their own, before the first block
 */
export function buildStages<Block>(
  start: Result,
  stages: readonly (readonly Block[])[],
  build: (input: SymbolicTensor, block: Block, stage: string, number: number) => Result,
  stem: readonly Result[] = [],
): { readonly taps: Readonly<Record<string, Tap>>; readonly output: SymbolicTensor } {
  const ends = [...stem];
  let result = start;
  for (const blocks of stages) {
    for (const [i, block] of blocks.entries()) {
      result = build(result.output, block, `stage${ends.length + 1}`, i + 1);
    }
    ends.push(result);
  }
  const taps = ends.flatMap((end, i) => [
    [`stage${i + 1}`, tapOf(end.output)] as const,
    [`stage${i + 1}/pre`, tapOf(end.pre)] as const,
  ]);
  return { taps: Object.fromEntries(taps), output: result.output };
}

/** Input pixels per cell: the product of all strides on the way from the input, whatever sizes were rounded to. */
function strideOf(tensor: SymbolicTensor): number {
  let stride = 1;
  for (let at: SymbolicTensor | undefined = tensor; at !== undefined; at = at.inputs[0]) {
    const { strides } = at.sourceLayer.getConfig();
    if (Array.isArray(strides)) stride *= Number(strides[0]);
  }
  return stride;
}
