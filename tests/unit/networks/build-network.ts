import type { Backend, BuiltNetwork, CreateContext, ProviderUse, Tf } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { mobilenetV1 } from "../../../plugins/backbones/mobilenet-v1.ts";
import { mobilenetV2 } from "../../../plugins/backbones/mobilenet-v2.ts";
import { resnet } from "../../../plugins/backbones/resnet.ts";
import { shufflenetV2 } from "../../../plugins/backbones/shufflenet-v2.ts";
import { classifier } from "../../../plugins/networks/classifier.ts";
import { testBackend } from "../../support/backend.ts";

export const backend: Backend = await testBackend();
export const tf: Tf = backend.tf;

const backbones = {
  resnet,
  "mobilenet-v1": mobilenetV1,
  "mobilenet-v2": mobilenetV2,
  "shufflenet-v2": shufflenetV2,
};
const optionDefaults = {
  resnet: { depth: 20 },
  "mobilenet-v1": { width: 1, stem: "auto" },
  "mobilenet-v2": { width: 1, stem: "auto" },
  "shufflenet-v2": { width: 1, stem: "auto", stemStride: 2 },
};

export interface NetworkUnderTest {
  readonly backbone: ProviderUse & { readonly use: keyof typeof backbones };
  readonly size: number;
  readonly channels?: number;
  readonly classes: number;
  readonly normalize?: "signed" | "unit" | { readonly mean: number; readonly std: number };
  readonly seed?: number;
}

const context = {
  tf,
  provider: async (_family: string, use: ProviderUse) => {
    const { use: id, ...options } = { ...optionDefaults[use.use as keyof typeof backbones], ...use };
    return backbones[id as keyof typeof backbones].create(options as never, context);
  },
} as unknown as CreateContext;

export async function buildNetwork(wanted: NetworkUnderTest): Promise<BuiltNetwork> {
  const { backbone, size, channels = 3, classes, normalize = "signed", seed = 1 } = wanted;
  const network = await classifier.create({ backbone, normalize } as never, context);
  const imageSize = { height: size, width: size, channels };
  return network.build({ imageSize, classes, rng: createRng(seed, "weights") });
}
