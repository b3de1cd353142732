/** Blocks of groups that are numbered in the layers' names: `group1/block1`, `group1/block2`, `group2/block1` … */
export function groupBlocks<Block>(groups: readonly (readonly Block[])[]): (Block & { readonly name: string })[] {
  return groups.flatMap((blocks, group) =>
    blocks.map((block, i) => ({ ...block, name: `group${group + 1}/block${i + 1}` })),
  );
}
