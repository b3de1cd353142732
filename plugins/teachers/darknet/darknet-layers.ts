import { KdflowError } from "../../../core/index.ts";
import type { OnnxWriter } from "../onnx/onnx-writer.ts";
import { type DarknetSection, listOption, wholeOption } from "./darknet-cfg.ts";
import type { DarknetWeights } from "./darknet-weights.ts";

/** What a layer gives: an ONNX tensor `[batch, channels, height, width]`. */
export interface DarknetTensor {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface LayerContext {
  readonly onnx: OnnxWriter;
  readonly weights: DarknetWeights;
  /** Of all layers before, by number; a yolo layer gives what it was given. */
  readonly before: readonly DarknetTensor[];
  readonly input: DarknetTensor;
  /** Counts multiply-adds of one image. */
  readonly count: (multiplyAdds: number) => void;
}

export type Translate = (section: DarknetSection, context: LayerContext) => DarknetTensor;

/** Added to the variance by darknet's batch normalisation. */
const epsilon = 1e-5;

/** `[convolutional]`: batch normalisation is folded into the weights, w · scale / √(variance + 1e-5). */
export const convolution: Translate = (section, { onnx, weights, input, count }) => {
  const filters = wholeOption(section, "filters", 1);
  const size = wholeOption(section, "size", 1);
  const stride = wholeOption(section, "stride", 1);
  const groups = wholeOption(section, "groups", 1);
  const dilation = wholeOption(section, "dilation", 1);
  const isPadded = wholeOption(section, "pad", 0) !== 0;
  const padding = isPadded ? Math.floor(size / 2) * dilation : wholeOption(section, "padding", 0);
  const biases = Float32Array.from(weights.take(filters));
  const hasNorm = wholeOption(section, "batch_normalize", 0) !== 0;
  const [scales, means, variances] = hasNorm
    ? [weights.take(filters), weights.take(filters), weights.take(filters)]
    : [undefined, undefined, undefined];
  const perFilter = (input.channels / groups) * size * size;
  const kernel = Float32Array.from(weights.take(filters * perFilter));
  if (scales !== undefined && means !== undefined && variances !== undefined) {
    for (let filter = 0; filter < filters; filter++) {
      const factor = (scales[filter] as number) / Math.sqrt((variances[filter] as number) + epsilon);
      biases[filter] = (biases[filter] as number) - (means[filter] as number) * factor;
      for (let at = filter * perFilter; at < (filter + 1) * perFilter; at++)
        kernel[at] = (kernel[at] as number) * factor;
    }
  }
  const name = onnx.node(
    "Conv",
    [
      input.name,
      onnx.constant([filters, input.channels / groups, size, size], kernel),
      onnx.constant([filters], biases),
    ],
    {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      dilations: [dilation, dilation],
      group: groups,
    },
  );
  const reach = dilation * (size - 1) + 1;
  const side = (length: number): number => Math.floor((length + 2 * padding - reach) / stride) + 1;
  const found = { name, channels: filters, height: side(input.height), width: side(input.width) };
  count(filters * perFilter * found.height * found.width);
  return activate(section, onnx, found);
};

/** `[maxpool]`: padded by size − 1 unless told otherwise, the odd pixel at the end. */
export const maxPool: Translate = (section, { onnx, input }) => {
  const stride = wholeOption(section, "stride", 1);
  const size = wholeOption(section, "size", stride);
  const padding = wholeOption(section, "padding", size - 1);
  const first = Math.floor(padding / 2);
  const name = onnx.node("MaxPool", [input.name], {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [first, first, padding - first, padding - first],
  });
  const side = (length: number): number => Math.floor((length + padding - size) / stride) + 1;
  return { name, channels: input.channels, height: side(input.height), width: side(input.width) };
};

/** `[route]`: earlier layers one after the other by channels, or one group of the channels of each. */
export const route: Translate = (section, context) => {
  const { onnx, before } = context;
  const groups = wholeOption(section, "groups", 1);
  const group = wholeOption(section, "group_id", 0);
  const parts = listOption(section, "layers").map((layer): DarknetTensor => {
    const tensor = layerOf(section, before, layer);
    if (groups === 1) return tensor;
    const channels = tensor.channels / groups;
    const bounds = [group * channels, (group + 1) * channels].map((at) =>
      onnx.constant([1], BigInt64Array.of(BigInt(at))),
    );
    const axis = onnx.constant([1], BigInt64Array.of(1n));
    return { ...tensor, channels, name: onnx.node("Slice", [tensor.name, ...bounds, axis]) };
  });
  const [first] = parts;
  if (first === undefined) throw wrongLayer(section, "`layers` names no layer");
  if (parts.some(({ height, width }) => height !== first.height || width !== first.width)) {
    throw wrongLayer(
      section,
      `layers of different sizes are joined: ${parts.map(({ height, width }) => `${height} × ${width}`).join(", ")}`,
    );
  }
  if (parts.length === 1) return first;
  const channels = parts.reduce((sum, part) => sum + part.channels, 0);
  return {
    ...first,
    channels,
    name: onnx.node(
      "Concat",
      parts.map(({ name }) => name),
      { axis: 1 },
    ),
  };
};

/** `[shortcut]`: the sum of this layer and earlier ones. */
export const shortcut: Translate = (section, { onnx, before, input }) => {
  const weighted = section.options.get("weights_type") ?? "none";
  if (weighted !== "none")
    throw wrongLayer(section, `weighted shortcuts (\`weights_type=${weighted}\`) are not translated`);
  let sum = input;
  for (const from of listOption(section, "from")) {
    const other = layerOf(section, before, from);
    if (other.channels !== sum.channels || other.height !== sum.height || other.width !== sum.width) {
      const words = ({ channels, height, width }: DarknetTensor): string => `${channels} × ${height} × ${width}`;
      throw wrongLayer(section, `a shortcut adds ${words(other)} to ${words(sum)}`);
    }
    sum = { ...sum, name: onnx.node("Add", [sum.name, other.name]) };
  }
  return activate(section, onnx, sum);
};

/** `[upsample]`: each pixel repeated. */
export const upsample: Translate = (section, { onnx, input }) => {
  const stride = wholeOption(section, "stride", 2);
  if (stride < 1) throw wrongLayer(section, `\`stride\` is ${stride}`);
  const scales = onnx.constant([4], Float32Array.of(1, 1, stride, stride));
  const name = onnx.node("Resize", [input.name, "", scales], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
  return { ...input, name, height: input.height * stride, width: input.width * stride };
};

/** `[dropout]`: does nothing after training. */
export const dropout: Translate = (_, { input }) => input;

function activate(section: DarknetSection, onnx: OnnxWriter, tensor: DarknetTensor): DarknetTensor {
  const { name } = tensor;
  const kind = section.options.get("activation") ?? (section.type === "convolutional" ? "logistic" : "linear");
  const apply = activations[kind];
  if (apply === undefined) {
    throw wrongLayer(
      section,
      `the activation "${kind}" is not translated`,
      `known: ${Object.keys(activations).join(", ")}`,
    );
  }
  return { ...tensor, name: apply(onnx, name) };
}

const activations: Readonly<Record<string, (onnx: OnnxWriter, name: string) => string>> = {
  linear: (_, name) => name,
  leaky: (onnx, name) => onnx.node("LeakyRelu", [name], { alpha: { float: 0.1 } }),
  relu: (onnx, name) => onnx.node("Relu", [name]),
  relu6: (onnx, name) =>
    onnx.node("Clip", [name, onnx.constant([], Float32Array.of(0)), onnx.constant([], Float32Array.of(6))]),
  logistic: (onnx, name) => onnx.node("Sigmoid", [name]),
  swish: (onnx, name) => onnx.node("Mul", [name, onnx.node("Sigmoid", [name])]),
  mish: (onnx, name) => onnx.node("Mul", [name, onnx.node("Tanh", [onnx.node("Softplus", [name])])]),
};

function layerOf(section: DarknetSection, before: readonly DarknetTensor[], layer: number): DarknetTensor {
  const tensor = before[layer < 0 ? before.length + layer : layer];
  if (tensor === undefined) throw wrongLayer(section, `layer ${layer} does not come before layer ${before.length}`);
  return tensor;
}

/** An error at a layer's section. */
export function wrongLayer(
  { place }: DarknetSection,
  message: string,
  hint: string | readonly string[] = [],
): KdflowError {
  return new KdflowError("KDF_TEACHER_DARKNET", message, { where: place, hint });
}
