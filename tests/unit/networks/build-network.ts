import { readFile } from "node:fs/promises";
import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Backend, BuiltNetwork, CreateContext, ProviderOf, ProviderUse, Tf } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { builtins } from "../../../plugins/index.ts";
import { classifier } from "../../../plugins/networks/classifier.ts";
import { testBackend } from "../../support/backend.ts";

export const backend: Backend = await testBackend();
export const tf: Tf = backend.tf;

export interface NetworkUnderTest {
  readonly backbone: ProviderUse;
  readonly size: number | readonly [height: number, width: number];
  readonly channels?: number;
  readonly classes: number;
  readonly normalize?:
    | "imagenet"
    | "signed"
    | "unit"
    | { readonly mean: number | readonly number[]; readonly std: number | readonly number[] };
  readonly weights?: {
    readonly path: string;
    readonly sha256: string;
    readonly skip?: readonly string[];
    readonly map?: Readonly<Record<string, string>>;
    readonly epsilon?: number;
  };
  readonly seed?: number;
}

const backbones = new Map(
  (builtins.providers ?? []).filter(({ family }) => family === "backbones").map((provider) => [provider.id, provider]),
);

/** Ids of all backbones that come with kdflow. */
export const backboneIds: readonly string[] = [...backbones.keys()];

async function loadBackbone(id: string): Promise<ProviderOf<"backbones">> {
  const provider = backbones.get(id);
  if (provider === undefined || !("load" in provider)) throw new Error(`there is no backbone ${id}`);
  return (await provider.load()) as ProviderOf<"backbones">;
}

async function defaultsOf(id: string): Promise<Record<string, unknown>> {
  const schema = new URL(`../../../schemas/providers/backbones/${id}.schema.json`, import.meta.url);
  const { properties } = JSON.parse(await readFile(schema, "utf8")) as {
    properties: Record<string, { default?: unknown }>;
  };
  const given = Object.entries(properties).filter(([, option]) => option.default !== undefined);
  return Object.fromEntries(given.map(([name, option]) => [name, option.default]));
}

const context = {
  tf,
  baseDir: "/",
  provider: async (_family: string, { use: id, ...options }: ProviderUse) => {
    const provider = await loadBackbone(id);
    return provider.create({ ...(await defaultsOf(id)), ...options } as never, context);
  },
} as unknown as CreateContext;

export async function buildNetwork(wanted: NetworkUnderTest): Promise<BuiltNetwork> {
  const { backbone, size, channels = 3, classes, normalize = "signed", seed = 1 } = wanted;
  const weights = wanted.weights && { skip: [], map: {}, ...wanted.weights };
  const network = await classifier.create({ backbone, normalize, weights } as never, context);
  const [height, width] = typeof size === "number" ? [size, size] : size;
  return network.build({ imageSize: { height, width, channels }, classes, rng: createRng(seed, "weights") });
}

/** A classifier whose weights nobody filled, for questions about its shape: filling those of large networks takes long. */
export async function unfilledNetwork({ backbone, size, classes }: NetworkUnderTest): Promise<BuiltNetwork> {
  const built = await context.provider("backbones", backbone);
  const [height, width] = typeof size === "number" ? [size, size] : size;
  const pixels = tf.input({ shape: [height, width, 3] });
  const { taps, output, hidden } = built.build(pixels);
  const pooled = tf.layers.globalAveragePooling2d({}).apply(output) as SymbolicTensor;
  const dense = tf.layers.dense({ units: classes, kernelInitializer: "zeros" });
  const logits = dense.apply(hidden?.(pooled) ?? pooled) as SymbolicTensor;
  return { model: tf.model({ inputs: pixels, outputs: logits }), outputs: {}, taps };
}
