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
import { classificationId, classifierOutputs } from "../tasks/classification/names.ts";
import { readWeights, writeWeights } from "./host-weights.ts";
import { setInitialWeights } from "./initial-weights.ts";

interface ClassifierRequest extends NetworkRequest {
  readonly normalize: NetworksClassifierOptions["normalize"];
}

/** Factor and offset that turn a pixel of 0…255 into the network's input. */
function pixelScaling(normalize: NetworksClassifierOptions["normalize"]): { scale: number; offset: number } {
  if (normalize === "signed") return { scale: 2 / 255, offset: -1 };
  if (normalize === "unit") return { scale: 1 / 255, offset: 0 };
  return { scale: 1 / (255 * normalize.std), offset: -normalize.mean / normalize.std };
}

/**
 * Builds the model on pixels `[batch, height, width, channels]`: rescaling, backbone, mean over space, dense.
 * Layers are named by their place alone, so that weights have the same names in every process.
 */
function assemble(tf: Tf, name: string, build: Backbone["build"], request: ClassifierRequest): BuiltNetwork {
  const { height, width, channels } = request.imageSize;
  const pixels = tf.input({ shape: [height, width, channels], name: "pixels" });
  const scaled = applyLayer(tf.layers.rescaling({ name: "normalize", ...pixelScaling(request.normalize) }), pixels);
  const { taps, output, hidden } = build(scaled);
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
  if (deployed === undefined) return built;
  return {
    ...built,
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
  summary: "an image classifier on any backbone",
  cacheVersion: 1,
  create: async ({ backbone, imageSize, normalize }, context): Promise<Network> => {
    const chosen = await context.provider("backbones", backbone);
    return {
      imageSize,
      build: (request) => buildClassifier(context.tf, chosen, { ...request, normalize }),
    };
  },
});
