import { type Backbone, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { BackbonesMobilenetV3LargeOptions } from "../options.ts";
import { buildMobilenetV3, type V3Row } from "./parts/mobilenet-v3.ts";

/** Table 1 of the paper. */
const rows: readonly V3Row[] = [
  [3, 16, 16, "-", "RE", 1],
  [3, 64, 24, "-", "RE", 2],
  [3, 72, 24, "-", "RE", 1],
  [5, 72, 40, "se", "RE", 2],
  [5, 120, 40, "se", "RE", 1],
  [5, 120, 40, "se", "RE", 1],
  [3, 240, 80, "-", "HS", 2],
  [3, 200, 80, "-", "HS", 1],
  [3, 184, 80, "-", "HS", 1],
  [3, 184, 80, "-", "HS", 1],
  [3, 480, 112, "se", "HS", 1],
  [3, 672, 112, "se", "HS", 1],
  [5, 672, 160, "se", "HS", 2],
  [5, 960, 160, "se", "HS", 1],
  [5, 960, 160, "se", "HS", 1],
];

/**
 * MobileNetV3-Large. Stages end before each halving: 16, 24, 40, 112 and 160 channels (width 1) at strides 2, 4, 8, 16,
 * 32; with the cifar stem at 1, 1, 2, 4, 8. A classifier gets the paper's dense layer of 1 280 before the classes.
 *
 * @see Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam (2019), arXiv:1905.02244
 */
export const mobilenetV3Large: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesMobilenetV3LargeOptions>(
  "backbones",
  {
    id: "mobilenet-v3-large",
    summary: "MobileNetV3-Large at any width",
    reference: "arXiv:1905.02244",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `mobilenet-v3-large-${options.width}`,
      build: (input) => buildMobilenetV3(context.tf, { ...options, rows, hidden: 1280 }, input),
    }),
  },
);
