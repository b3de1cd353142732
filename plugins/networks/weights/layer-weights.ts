import type { LayersModel } from "@tensorflow/tfjs";
import type { NameTable, Part } from "./name-table.ts";
import { nameTables } from "./name-tables.ts";
import type { TensorFile } from "./tensor-file.ts";

type Layer = LayersModel["layers"][number];

/** One weight of a network, and the names under which a file may have it. */
export interface WantedWeight {
  readonly weight: LayersModel["weights"][number];
  /** `gamma`, `kernel` … */
  readonly kind: string;
  readonly candidates: readonly string[];
  /** Of a batch norm: the layer's own epsilon. */
  readonly epsilon: number | undefined;
}

const partOfClass: Readonly<Record<string, Part>> = {
  Conv2D: "conv",
  DepthwiseConv2D: "conv",
  Dense: "dense",
  BatchNormalization: "norm",
};

/** PyTorch's words for the weights of layers. */
const torchKinds: Readonly<Record<string, string>> = {
  kernel: "weight",
  depthwise_kernel: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
  values: "implicit",
};

/** Where in a network weights belong. */
export interface WeightsPlace {
  /** The backbone, or the network where it has no other: what tables of names are for. */
  readonly id: string;
  /** Whether they are the backbone's alone. */
  readonly isBackbone: boolean;
}

/** The table by which a file has most of a network's weights, and the network's weights with their names there. */
export function wantedWeights(
  model: LayersModel,
  { id, isBackbone }: WeightsPlace,
  file: TensorFile,
  map: Readonly<Record<string, string>>,
): { readonly table: NameTable; readonly wanted: readonly WantedWeight[] } {
  const layers = layersAt(model, isBackbone);
  const bases = new Set(layers.map(baseOf));
  const choices = nameTables(id).map((table) => {
    const wanted = layers.flatMap((layer) => weightsOf(layer, table, file, map, (base) => bases.has(base)));
    const found = wanted.filter(({ candidates }) => candidates.some((name) => file.tensors.has(name))).length;
    return { table, wanted, found };
  });
  return choices.reduce((best, choice) => (choice.found > best.found ? choice : best));
}

/** The layers with weights of a network, or of the backbone in it: what is not its neck, head or classes. */
export function layersAt({ layers }: LayersModel, isBackbone: boolean): Layer[] {
  const behind = /^((neck|head)\/|logits$)/u;
  return layers.filter(({ weights, name }) => weights.length > 0 && !(isBackbone && behind.test(name)));
}

/**
 * Whether a tensor of a file for a backbone belongs to what a network has behind it, or leaves out of it: a classifier,
 * a last convolution that detectors do not use, kdflow's necks and heads.
 */
export function liesBehind(model: LayersModel, { names }: NameTable): (name: string) => boolean {
  const there = new Set(model.layers.map(baseOf));
  const has = (base: string): boolean => there.has(base);
  const missing = ["logits", ...["last", "hidden"].filter((base) => !has(base))];
  const modules = missing.flatMap((base) =>
    (["conv", "dense", "norm"] as const).flatMap((part) => names(base, part, has)),
  );
  return (name) => /^(neck|head)\//u.test(name) || modules.some((each) => /^[./]/u.test(behindOf(name, each)));
}

function behindOf(name: string, beginning: string): string {
  return name.startsWith(beginning) ? name.slice(beginning.length) : "";
}

function baseOf({ name }: Layer): string {
  return name.replace(/\/(conv|norm)$/u, "");
}

function weightsOf(
  layer: Layer,
  table: NameTable,
  { layout }: TensorFile,
  map: Readonly<Record<string, string>>,
  has: (base: string) => boolean,
): WantedWeight[] {
  const part = partOfClass[layer.getClassName()] ?? "conv";
  const mapped = map[layer.name] ?? map[baseOf(layer)];
  const names = mapped === undefined ? table.names(baseOf(layer), part, has) : [mapped];
  const { epsilon } = layer.getConfig();
  return layer.weights.map((weight) => {
    const kind = weight.originalName.slice(layer.name.length + 1);
    const own = layout === "keras" ? `/${kind}` : `.${torchKinds[kind]}`;
    return {
      weight,
      kind,
      candidates: names.map((name) => `${name}${own}`),
      epsilon: part === "norm" ? Number(epsilon) : undefined,
    };
  });
}
