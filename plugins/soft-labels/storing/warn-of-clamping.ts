import type { StageContext } from "../../../core/index.ts";
import type { ListedShard } from "./label-store.ts";

/** Says how many logits lay outside the range of the stored precision, if any did. */
export function warnOfClamping(
  shards: readonly ListedShard[],
  views: number,
  context: Pick<StageContext, "log">,
): void {
  const clamped = shards.reduce((sum, shard) => sum + shard.clamped, 0);
  if (clamped === 0) return;
  context.log.warn("softLabelsClamped", {
    message: `${clamped} logits lie outside the range of the stored precision and were clamped; try precision: float32`,
    clamped,
    images: shards.reduce((sum, shard) => sum + shard.count, 0) * views,
  });
}
