import type { PlanContext } from "../plugins/context.ts";
import type { Declarations, Lengthening, ProviderUse } from "../plugins/provider.ts";
import { sha256OfData } from "../store/sha256.ts";
import { isDeclaration, type PlanNode, stageProvider, useOf } from "./graph.ts";
import type { Key } from "./keys.ts";

/** How long a stage's work goes on, and what it shares with shorter and longer work. */
export interface Trajectory extends Lengthening {
  /** Value of the option. */
  readonly length: number;
  /** The same for all lengths where shorter work is the beginning of longer work; else `undefined`. */
  readonly key: string | undefined;
}

/** The trajectory of a stage whose provider says which option lengthens its work. */
export function trajectoryOf(node: PlanNode, key: Key, context: PlanContext): Trajectory | undefined {
  const provider = stageProvider(node);
  const lengthening = provider.lengthening?.(node.options, declarationsOf(node), context);
  if (lengthening === undefined) return undefined;
  const length = node.options[lengthening.option];
  if (typeof length !== "number" || !Number.isInteger(length) || length < 1) return undefined;
  return { ...lengthening, length, key: lengthening.anew === undefined ? keyWithout(key, lengthening) : undefined };
}

/** Of all that the stage's own key is made from but the length. */
function keyWithout({ parts }: Key, { option }: Lengthening): string {
  const { [option]: _length, ...options } = parts["options"] as Readonly<Record<string, unknown>>;
  return sha256OfData({ ...parts, options, trajectory: option });
}

/** What a stage takes from declarations. */
export function declarationsOf(node: PlanNode): Declarations {
  const declarations: Record<string, readonly ProviderUse[]> = {};
  for (const [port, sources] of node.inputs) {
    const declared = sources.filter(isDeclaration);
    if (declared.length > 0) declarations[port] = declared.map(useOf);
  }
  return declarations;
}

/** What becomes of shorter work. */
export interface Continuation {
  /** `continues from epoch 3`, or why not. */
  readonly words: string;
  readonly anew: boolean;
}

/**
 * Says what becomes of shorter work; `undefined` where there is nothing to say.
 *
 * @param lengths of the work whose ends are kept
 * @param since.before length of the same stage's work in the last run, where it was another one
 * @param since.lengthAlone whether nothing else changed since then
 */
export function continuationOf(
  { key, length, unit, anew }: Trajectory,
  lengths: readonly number[],
  since: { readonly before: unknown; readonly lengthAlone: boolean },
): Continuation | undefined {
  const usable = key === undefined ? [] : lengths.filter((each) => each <= length);
  if (usable.length > 0) return { words: `continues from ${unit} ${Math.max(...usable)}`, anew: false };
  if (typeof since.before !== "number" || since.before >= length) return undefined;
  if (anew !== undefined) return { words: `starts anew: ${anew}`, anew: true };
  if (!since.lengthAlone) return undefined;
  return { words: "starts anew: the end of the shorter work is not stored", anew: true };
}
