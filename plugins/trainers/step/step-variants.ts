/**
 * The bodies that a training step has beside the usual one, which a step cannot branch to. `gather` gathers a batch's
 * gradients and leaves the weights alone; `frozen` leaves alone what thaws later; `gatherFrozen` does both.
 */
export const stepVariants = { gather: "gather", frozen: "frozen", gatherFrozen: "gather-frozen" } as const;

/** The body for one batch; `undefined` for the usual one. */
export function variantOf({
  gathers,
  frozen,
}: {
  readonly gathers: boolean;
  readonly frozen: boolean;
}): string | undefined {
  if (frozen) return gathers ? stepVariants.gatherFrozen : stepVariants.frozen;
  return gathers ? stepVariants.gather : undefined;
}
