import type { BuiltNetwork, CreateContext, NetworkRequest, ProviderUse } from "../../../core/index.ts";
import { createRegistry } from "../../../core/plugins/create-registry.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { defaultOptions } from "../../../core/testing/index.ts";
import { builtins } from "../../../plugins/index.ts";
import { tf } from "./build-network.ts";

const registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });

const context = {
  tf,
  baseDir: "/",
  provider: async (family: string, use: ProviderUse | string) => {
    const { use: id, ...options } = typeof use === "string" ? { use } : use;
    const { provider, schema } = await registry.find(family as "backbones", id);
    return provider.create(defaultOptions(schema, options) as never, context);
  },
} as unknown as CreateContext;

export interface DetectorUnderTest {
  readonly use?: "yolo" | "yolov7-tiny";
  readonly options?: Readonly<Record<string, unknown>>;
  /** One side of a square, or height and width. */
  readonly size?: number | readonly [number, number];
  readonly classes?: number;
  readonly truth?: unknown;
  readonly fit?: NetworkRequest["imageSize"]["fit"];
  readonly seed?: number;
}

/** Builds a detector with the defaults of its schema. */
export async function buildDetector(wanted: DetectorUnderTest): Promise<BuiltNetwork> {
  const { use = "yolo", options = {}, size = 64, classes = 80, truth, fit, seed = 1 } = wanted;
  const { provider, schema } = await registry.find("networks", use);
  const network = await provider.create(defaultOptions(schema, options) as never, context);
  const [height, width] = typeof size === "number" ? [size, size] : size;
  const imageSize = { height, width, channels: 3, ...(fit === undefined ? {} : { fit }) };
  return network.build({ imageSize, classes, rng: createRng(seed, "weights"), truth });
}
