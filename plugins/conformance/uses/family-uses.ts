import type { CreateContext, FamilyName, Provider } from "../../../core/index.ts";
import { useAugmentation } from "./use-augmentation.ts";
import { useAdapter, useObjective, useOptimizer, useSchedule } from "./use-component.ts";
import { useBackbone, useHead, useNeck, useNetwork } from "./use-network.ts";
import { useDataset, useExport, useMetrics, useModel, useSoftLabels, useTeacher } from "./use-result.ts";

/**
 * Uses what a provider creates or opens as kdflow would; gives what came out, as plain data that is the same for the
 * same options and seed, and throws where it breaks what its family promises.
 */
export type FamilyUse = (value: never, context: CreateContext, provider: Provider) => Promise<unknown>;

/** What the test kit asks of each family; the family of losses has a check of its own. */
export const familyUses: Readonly<Partial<Record<FamilyName, FamilyUse>>> = {
  data: useDataset,
  teacher: useTeacher,
  softLabels: useSoftLabels,
  loss: useObjective,
  train: useModel,
  model: useModel,
  evaluate: useMetrics,
  export: useExport,
  networks: useNetwork,
  backbones: useBackbone,
  necks: useNeck,
  heads: useHead,
  adapters: useAdapter,
  augmentations: useAugmentation,
  optimizers: useOptimizer,
  schedules: useSchedule,
};
