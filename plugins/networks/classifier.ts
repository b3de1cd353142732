import {
  type Backbone,
  type BuiltNetwork,
  defineProvider,
  type Network,
  type NetworkRequest,
  type ProviderOf,
  type Tf,
} from "../../core/index.ts";
import { applyLayer } from "../backbones/parts/apply-layer.ts";
import { tapOf } from "../backbones/parts/stages.ts";
import type { NetworksClassifierOptions } from "../options.ts";
import { classificationId, classifierOutputs, logitsKind } from "../tasks/classification/names.ts";
import { checkedBackbone } from "./building/checked-backbone.ts";
import { readWeights, writeWeights } from "./building/host-weights.ts";
import { setInitialWeights } from "./building/initial-weights.ts";
import { normalizePixels } from "./building/normalize-pixels.ts";
import { openStartingWeights, type StartingWeights } from "./weights/open-weights.ts";
import { startFromWeights } from "./weights/start-from-weights.ts";

interface ClassifierRequest extends NetworkRequest {
  readonly normalize: NetworksClassifierOptions["normalize"];
  /** Id of the backbone. */
  readonly backbone: string;
  readonly weights: StartingWeights;
}

/**
 * Builds the model on pixels `[batch, height, width, channels]`: rescaling, backbone, mean over space, dense.
 * Layers are named by their place alone, so that weights have the same names in every process.
 */
function assemble(tf: Tf, name: string, build: Backbone["build"], request: ClassifierRequest): BuiltNetwork {
  const { height, width, channels } = request.imageSize;
  const pixels = tf.input({ shape: [height, width, channels], name: "pixels" });
  const scaled = normalizePixels(tf, pixels, request.normalize);
  const { taps, output, hidden } = checkedBackbone(request.backbone, build(scaled));
  const pooled = applyLayer(tf.layers.globalAveragePooling2d({ name: "pooled" }), output); // [batch, features]
  const dense = tf.layers.dense({ name: "logits", units: request.classes, kernelInitializer: "zeros" });
  const logits = applyLayer(dense, hidden?.(pooled) ?? pooled); // [batch, classes]
  return {
    model: tf.model({ name, inputs: pixels, outputs: logits }),
    outputs: classifierOutputs(request.classes),
    taps: { ...taps, pooled: tapOf(pooled), logits: tapOf(logits) },
  };
}

function buildClassifier(tf: Tf, backbone: Backbone, request: ClassifierRequest): BuiltNetwork {
  const { name, deployed } = backbone;
  const built = assemble(tf, name, backbone.build, request);
  setInitialWeights(tf, built.model, request.rng);
  const place = { backbone: request.backbone, network: request.backbone, normalize: request.normalize };
  const notes = startFromWeights(tf, built.model, request.weights, place);
  if (deployed === undefined) return { ...built, notes };
  return {
    ...built,
    notes,
    async deploy() {
      const { model } = assemble(tf, name, deployed.build, request);
      const trained = await readWeights(built.model);
      writeWeights(tf, model, new Map([...trained, ...deployed.fuse(trained)]));
      return model;
    },
  };
}

/** An image classifier on any backbone; it normalises pixels itself, so that what is exported takes 0…255. */
export const classifier: ProviderOf<"networks"> = defineProvider<"networks", NetworksClassifierOptions>("networks", {
  id: "classifier",
  task: classificationId,
  outputKinds: { logits: logitsKind },
  summary: "an image classifier on any backbone",
  cacheVersion: 1,
  create: async ({ backbone, imageSize, normalize, weights }, context): Promise<Network> => {
    const chosen = await context.provider("backbones", backbone);
    const given = await openStartingWeights(weights, backbone, context.baseDir);
    const options = { normalize, backbone: backbone.use, weights: given };
    return {
      imageSize,
      build: (request) => buildClassifier(context.tf, chosen, { ...request, ...options }),
    };
  },
});
