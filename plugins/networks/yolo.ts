import { defineProvider, type Network, type ProviderOf } from "../../core/index.ts";
import type { NetworksYoloOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { activation } from "./detector/activations.ts";
import { anchorsOf } from "./detector/anchors.ts";
import { buildDetector } from "./detector/build-detector.ts";
import { openStartingWeights } from "./weights/open-weights.ts";

/** A YOLO of parts: any backbone with strides 8, 16 and 32, a neck and a head. Its outputs are `p3`, `p4` and `p5`. */
export const yolo: ProviderOf<"networks"> = defineProvider<"networks", NetworksYoloOptions>("networks", {
  id: "yolo",
  task: detectionId,
  summary: "a YOLO of any backbone, neck and head",
  cacheVersion: 2,
  create: async ({ imageSize, anchors, ...options }, context): Promise<Network> => {
    const { tf } = context;
    const backbone = await context.provider("backbones", options.backbone);
    const neck = await context.provider("necks", options.neck);
    const head = await context.provider("heads", options.head);
    const activate = activation(tf, options.activation);
    const weights = await openStartingWeights(options.weights, options.backbone, context.baseDir);
    const place = { backbone: options.backbone.use, network: "yolo", normalize: options.normalize };
    const parts = { name: `yolo-${backbone.name}`, backbone, neck, head, activate, weights, place };
    return {
      imageSize,
      build: (request) => buildDetector(tf, { ...parts, anchors: anchorsOf(anchors, request) }, request),
    };
  },
});
