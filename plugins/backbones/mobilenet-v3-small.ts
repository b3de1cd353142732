import { type Backbone, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { BackbonesMobilenetV3SmallOptions } from "../options.ts";
import { buildMobilenetV3, type V3Row } from "./parts/mobilenet-v3.ts";

/** Table 2 of the paper. */
const rows: readonly V3Row[] = [
  [3, 16, 16, "se", "RE", 2],
  [3, 72, 24, "-", "RE", 2],
  [3, 88, 24, "-", "RE", 1],
  [5, 96, 40, "se", "HS", 2],
  [5, 240, 40, "se", "HS", 1],
  [5, 240, 40, "se", "HS", 1],
  [5, 120, 48, "se", "HS", 1],
  [5, 144, 48, "se", "HS", 1],
  [5, 288, 96, "se", "HS", 2],
  [5, 576, 96, "se", "HS", 1],
  [5, 576, 96, "se", "HS", 1],
];

/**
 * MobileNetV3-Small. Stages end before each halving: 16 (the stem), 16, 24, 48 and 96 channels (width 1) at strides 2,
 * 4, 8, 16, 32; with the cifar stem at 1, 1, 2, 4, 8. A classifier gets the paper's dense layer of 1 024 before the
 * classes.
 *
 * @see Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam (2019), arXiv:1905.02244
 */
export const mobilenetV3Small: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesMobilenetV3SmallOptions>(
  "backbones",
  {
    id: "mobilenet-v3-small",
    summary: "MobileNetV3-Small at any width",
    reference: "arXiv:1905.02244",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `mobilenet-v3-small-${options.width}`,
      build: (input) => buildMobilenetV3(context.tf, { ...options, rows, hidden: 1024 }, input),
    }),
  },
);
