import { defineProvider, type Network, type ProviderOf } from "../../core/index.ts";
import type { NetworksYolov7TinyOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { activation } from "./detector/activations.ts";
import { anchorsOf } from "./detector/anchors.ts";
import { buildDetector } from "./detector/build-detector.ts";
import { yolov7TinyBackbone } from "./detector/yolov7-tiny-backbone.ts";
import { openStartingWeights } from "./weights/open-weights.ts";

/**
 * YOLOv7-tiny as published: 6 228 762 trained weights at 80 classes.
 *
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696
 */
export const yolov7Tiny: ProviderOf<"networks"> = defineProvider<"networks", NetworksYolov7TinyOptions>("networks", {
  id: "yolov7-tiny",
  task: detectionId,
  summary: "YOLOv7-tiny, with its own backbone",
  reference: "arXiv:2207.02696",
  cacheVersion: 2,
  create: async ({ imageSize, anchors, ...options }, context): Promise<Network> => {
    const { tf } = context;
    const activate = activation(tf, options.activation);
    const parts = {
      name: "yolov7-tiny",
      backbone: yolov7TinyBackbone(tf, activate),
      neck: await context.provider("necks", { use: "yolov7-tiny", width: 1 }),
      head: await context.provider("heads", { use: "yolov7" }),
      activate,
      weights: await openStartingWeights(options.weights, undefined, context.baseDir),
      place: { backbone: "yolov7-tiny", network: "yolov7-tiny", normalize: options.normalize },
    };
    return {
      imageSize,
      build: (request) => buildDetector(tf, { ...parts, anchors: anchorsOf(anchors, request) }, request),
    };
  },
});
