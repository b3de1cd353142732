/** The parts of a block that have weights: a convolution, a dense layer, a batch norm. */
export type Part = "conv" | "dense" | "norm";

/** Published names for the layers of one backbone. */
export interface NameTable {
  /** Who publishes weights under these names, for messages. */
  readonly source: string;
  /** What the batch norms of the published network add to the variance; left out: what ours add. */
  readonly epsilon?: number;
  /** Names of what is no weight of a layer and has its place elsewhere. */
  readonly ignored?: RegExp;
  /** How the published network has its pixels scaled; left out where that differs from file to file. */
  readonly pixels?: "imagenet" | "signed" | "unit";
  /**
   * @param base name of a layer without `/conv` or `/norm`: `stage1/block1/conv1`
   * @param has whether the network has layers of that base name
   * @returns possible names of the published module, without `.weight`; none where it has no such module
   */
  names(base: string, part: Part, has: (base: string) => boolean): readonly string[];
}

/** Names for layers whose base name matches; `$1` and so on may be used. */
export type Rule = readonly [pattern: RegExp, conv: string, norm?: string];

/** The names of the first rule that fits. */
export function byRules(rules: readonly Rule[], base: string, part: Part): readonly string[] {
  const rule = rules.find(([pattern]) => pattern.test(base));
  if (rule === undefined) return [];
  const [pattern, conv, norm] = rule;
  const template = part === "norm" ? norm : conv;
  return template === undefined ? [] : template.split(" | ").map((name) => base.replace(pattern, name));
}

/** `group3/block2/expand` → group and block from 0, and `expand`. */
export function groupPlace(base: string): { group: number; block: number; layer: string } | undefined {
  const [, group, block, layer = ""] = /^group(\d+)\/block(\d+)\/?(.*)$/u.exec(base) ?? [];
  return group === undefined ? undefined : { group: Number(group) - 1, block: Number(block) - 1, layer };
}

/** Counts blocks through all groups: the place of a block in one list, from 0. */
export function flatPlace(counts: readonly number[], group: number, block: number): number {
  return counts.slice(0, group).reduce((sum, count) => sum + count, 0) + block;
}
