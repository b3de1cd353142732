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
};

/** The table by which a file has most of a network's weights, and the network's weights with their names there. */
export function wantedWeights(
  model: LayersModel,
  backbone: string,
  file: TensorFile,
  map: Readonly<Record<string, string>>,
): { readonly table: NameTable; readonly wanted: readonly WantedWeight[] } {
  const layers = model.layers.filter(({ weights }) => weights.length > 0);
  const bases = new Set(layers.map(baseOf));
  const choices = nameTables(backbone).map((table) => {
    const wanted = layers.flatMap((layer) => weightsOf(layer, table, file, map, (base) => bases.has(base)));
    const found = wanted.filter(({ candidates }) => candidates.some((name) => file.tensors.has(name))).length;
    return { table, wanted, found };
  });
  return choices.reduce((best, choice) => (choice.found > best.found ? choice : best));
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
