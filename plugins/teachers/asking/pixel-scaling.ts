import { KdflowError } from "../../../core/index.ts";

/** What an option `normalize` may say. */
export type Normalize =
  | "imagenet"
  | "unit"
  | "signed"
  | "none"
  | { readonly mean: number | readonly number[]; readonly std: number | readonly number[] };

/** How pixels of 0…255 become a model's input, by channel: pixel · scale + offset. */
export interface PixelScaling {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** Means and standard deviations of ImageNet's training images, pixels scaled to 0…1, as PyTorch's models use them. */
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/**
 * Factor and offset of each channel.
 *
 * @throws KDF_PLAN_OPTIONS where the option has another number of channels than the model
 */
export function pixelScaling(normalize: Normalize, channels: number): PixelScaling {
  if (normalize === "none") return same(1, 0, channels);
  if (normalize === "unit") return same(1 / 255, 0, channels);
  if (normalize === "signed") return same(2 / 255, -1, channels);
  const { mean, std } = normalize === "imagenet" ? imagenet : normalize;
  const means = each(mean, channels, "mean", normalize);
  const stds = each(std, channels, "std", normalize);
  return {
    scale: stds.map((deviation) => 1 / (255 * deviation)),
    offset: means.map((average, channel) => -average / (stds[channel] ?? 1)),
  };
}

/** What is assumed where a pipeline says nothing: ImageNet's for colour images, pixels as they are for integer inputs. */
export function usualNormalize(channels: number, elementType: string): Normalize {
  if (elementType === "uint8") return "none";
  return channels === 3 ? "imagenet" : "unit";
}

/** The option as it stands in a pipeline. */
export function normalizeText(normalize: Normalize): string {
  return typeof normalize === "string" ? normalize : JSON.stringify(normalize);
}

function same(scale: number, offset: number, channels: number): PixelScaling {
  return { scale: new Array<number>(channels).fill(scale), offset: new Array<number>(channels).fill(offset) };
}

function each(given: number | readonly number[], channels: number, what: string, normalize: Normalize): number[] {
  const values = typeof given === "number" ? new Array<number>(channels).fill(given) : [...given];
  if (values.length === channels) return values;
  const said = normalize === "imagenet" ? "`normalize: imagenet`" : `\`normalize.${what}\``;
  throw new KdflowError(
    "KDF_PLAN_OPTIONS",
    `${said} has numbers for ${values.length} channels, and the model's input has ${channels}`,
    { hint: "give one number, or one for each channel; or take unit, signed or none" },
  );
}
