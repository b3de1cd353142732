import type { LayersModel } from "@tensorflow/tfjs";
import type { BuiltNetwork, Tf } from "../../../core/index.ts";
import { type Normalize, scalesAs } from "../building/normalize-pixels.ts";
import { loadPublished, type PublishedWeights } from "./load-published.ts";
import type { NameTable } from "./name-table.ts";
import type { StartingWeights } from "./open-weights.ts";

/** What the option `normalize` is at the network, and what tables of names call it and its backbone. */
export interface StartPlace {
  readonly backbone: string;
  readonly network: string;
  readonly normalize: Normalize;
}

/** timm's models that came from TensorFlow: told by the epsilon that they need. */
const tensorflowEpsilon = 1e-3;

/**
 * Puts the weights that a network and its backbone are given into it, those of the network last.
 *
 * @returns a warning where pixels are scaled otherwise than these weights were trained with
 * @throws KDF_TRAIN_WEIGHTS
 */
export function startFromWeights(
  tf: Tf,
  model: LayersModel,
  { backbone, network }: StartingWeights,
  place: StartPlace,
): NonNullable<BuiltNetwork["notes"]> {
  const load = (id: string, isBackbone: boolean, given: PublishedWeights | undefined) => {
    if (given === undefined) return [];
    return scalingNotes(loadPublished(tf, model, { id, isBackbone }, given), given, place.normalize);
  };
  return [...load(place.backbone, true, backbone), ...load(place.network, false, network)];
}

function scalingNotes(
  table: NameTable | undefined,
  { epsilon }: PublishedWeights,
  normalize: Normalize,
): NonNullable<BuiltNetwork["notes"]> {
  const isConverted = table?.source === "timm" && epsilon === tensorflowEpsilon;
  const pixels = isConverted ? "signed" : table?.pixels;
  if (pixels === undefined || scalesAs(normalize, pixels)) return [];
  const own = typeof normalize === "string" ? `\`${normalize}\`` : "other numbers";
  const message = `the student scales pixels by ${own}, and ${table?.source} trains weights under these names with \`${pixels}\`: say \`normalize: ${pixels}\` unless yours are of another training`;
  return [{ message, isWarning: true }];
}
