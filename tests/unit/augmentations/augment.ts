import { type Augmentation, type ImageSize, type ProviderOf, plainView, type View } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";

export async function create(provider: ProviderOf<"augmentations">, options: object): Promise<Augmentation> {
  return provider.create(options as never, {} as never);
}

/** Views that an augmentation makes of `from`, each from a random stream of its own. */
export function views(
  augmentation: Augmentation,
  count: number,
  { from = plainView, original = { height: 28, width: 28, channels: 1 } }: { from?: View; original?: ImageSize } = {},
): View[] {
  return Array.from({ length: count }, (_, at) => augmentation.describe(from, createRng(1, "test", at), original));
}
