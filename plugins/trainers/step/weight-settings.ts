import { KdflowError, type Optimizer } from "../../../core/index.ts";
import { type FreezeOption, frozenPatterns, thaws } from "../start/freezing.ts";
import { type LayerPatterns, layerOf } from "../start/layer-patterns.ts";

/** Layers that learn otherwise than the rest. */
export interface OptimizerGroup {
  readonly match: string | readonly string[];
  /** Times the optimizer's; 1 unless given. */
  readonly learningRate?: number;
  /** In place of the optimizer's. */
  readonly weightDecay?: number;
}

export interface LayerOptions {
  readonly freeze?: FreezeOption | undefined;
  readonly groups?: readonly OptimizerGroup[] | undefined;
}

/** How the weights of a network learn. */
export interface WeightSettings {
  /** Layers whose weights and running averages stay as they are. */
  readonly frozen: ReadonlySet<string>;
  /** Layers that are frozen for some epochs and learn afterwards. */
  readonly thawing: ReadonlySet<string>;
  /** Of a weight that is not frozen. `weightDecay` is meant for kernels. */
  of(weight: string): { readonly rateFactor: number; readonly weightDecay: number };
}

/** All weights learn alike. */
export function plainSettings({ weightDecay = 0 }: Pick<Optimizer, "weightDecay">): WeightSettings {
  return { frozen: new Set(), thawing: new Set(), of: () => ({ rateFactor: 1, weightDecay }) };
}

/**
 * Reads `freeze` and `groups`; a layer belongs to the first group that matches it.
 *
 * @throws KDF_TRAIN_LAYERS for a pattern that matches nothing; KDF_PLAN_OPTIONS for a group's weight decay where the
 * optimizer has none
 */
export function weightSettings(
  { freeze, groups = [] }: LayerOptions,
  optimizer: Pick<Optimizer, "weightDecay">,
  patterns: LayerPatterns,
): WeightSettings {
  const named = new Set(frozenPatterns(freeze).flatMap((pattern) => [...patterns(pattern, "freeze")]));
  const matched = groups.map((group) => {
    if (group.weightDecay !== undefined && optimizer.weightDecay === undefined) {
      throw new KdflowError("KDF_PLAN_OPTIONS", "a group gives `weightDecay`, and the optimizer has no weight decay", {
        hint: "take an optimizer with weight decay, such as adamw, or remove `weightDecay` from `groups`",
      });
    }
    return { group, layers: new Set([group.match].flat().flatMap((pattern) => [...patterns(pattern, "groups")])) };
  });
  const plain = plainSettings(optimizer);
  return {
    frozen: thaws(freeze) ? plain.frozen : named,
    thawing: thaws(freeze) ? named : plain.thawing,
    of(weight) {
      const found = matched.find(({ layers }) => layers.has(layerOf(weight)))?.group;
      const { weightDecay } = plain.of(weight);
      return { rateFactor: found?.learningRate ?? 1, weightDecay: found?.weightDecay ?? weightDecay };
    },
  };
}
