import type { LayersModel } from "@tensorflow/tfjs";
import { KdflowError, layerVariable, nearestName, type Tf } from "../../../core/index.ts";
import { convertKernel, torchShape } from "./convert-kernel.ts";
import { darknetTensors } from "./darknet-order.ts";
import { layersAt, liesBehind, type WantedWeight, type WeightsPlace, wantedWeights } from "./layer-weights.ts";
import type { NameTable } from "./name-table.ts";
import type { TensorFile } from "./tensor-file.ts";

export interface PublishedWeights {
  readonly file: TensorFile;
  /** Patterns of names in the file that are not to be loaded, `*` for any characters. */
  readonly skip: readonly string[];
  /** Names in the file by names of our layers, where no table has them. */
  readonly map: Readonly<Record<string, string>>;
  /** The epsilon of the published batch norms, where it is not the table's. */
  readonly epsilon?: number;
}

const listed = 10;
/** PyTorch's counters, which have no use here. */
const counter = /\.num_batches_tracked$/u;

/**
 * Puts the weights of a file into a network, by the published names of its backbone. All weights have to be there in
 * their shapes, and nothing may be left over, but for what `skip` names, and for a backbone what lies behind it. Batch
 * norms of another epsilon are scaled so that they answer the same.
 *
 * @returns the table of names that the file follows; darknet's files have no names
 * @throws KDF_TRAIN_WEIGHTS
 */
export function loadPublished(
  tf: Tf,
  model: LayersModel,
  place: WeightsPlace,
  given: PublishedWeights,
): NameTable | undefined {
  const isDarknet = given.file.layout === "darknet";
  const { found, table } = isDarknet
    ? { found: darknetTensors(layersAt(model, place.isBackbone), given.file), table: undefined }
    : match(model, place, given);
  tf.tidy(() => {
    for (const [weight, values] of found) layerVariable(weight).assign(tf.tensor(values, weight.shape.map(Number)));
  });
  return table;
}

/** The numbers of each weight that is loaded. */
function match(
  model: LayersModel,
  place: WeightsPlace,
  { file, skip, map, epsilon }: PublishedWeights,
): { readonly table: NameTable; readonly found: ReadonlyMap<WantedWeight["weight"], Float32Array> } {
  const { table, wanted } = wantedWeights(model, place, file, map);
  const skips = skip.map(pattern);
  const isBehind = place.isBackbone ? liesBehind(model, table) : () => false;
  const skipped = (name: string): boolean => skips.some((each) => each.test(name)) || isBehind(name);
  const used = new Set<string>();
  const problems: string[] = [];
  const missing: WantedWeight[] = [];
  const found = new Map<WantedWeight["weight"], Float32Array>();
  for (const each of wanted) {
    const name = each.candidates.find((candidate) => file.tensors.has(candidate) && !skipped(candidate));
    const tensor = name === undefined ? undefined : file.tensors.get(name);
    if (name === undefined || tensor === undefined) {
      if (!each.candidates.some(skipped)) missing.push(each);
      continue;
    }
    used.add(name);
    const shape = each.weight.shape.map(Number);
    const values = convertKernel(tensor, shape, file.layout);
    if (values?.every(Number.isFinite) === false) problems.push(`"${name}" has numbers that are NaN or infinite`);
    else if (values !== undefined) found.set(each.weight, values);
    else problems.push(`"${name}" is [${tensor.shape.join(", ")}], and [${shownShape(shape, file)}] is needed`);
  }
  const isLeft = (name: string): boolean =>
    !(used.has(name) || skipped(name) || counter.test(name) || table.ignored?.test(name));
  const left = [...file.tensors.keys()].filter(isLeft);
  problems.unshift(...missing.map((each) => missingWords(each, left)));
  problems.push(...left.map((name) => `"${name}" has no place in the network`));
  if (problems.length > 0) throw misfit(problems, place.id, table.source);
  if (found.size === 0) throw misfit(["`skip` leaves nothing to load"], place.id, table.source);
  rescaleNorms(wanted, found, epsilon ?? table.epsilon);
  return { table, found };
}

/** γ of another epsilon: γ · √((σ² + ours) / (σ² + theirs)). */
function rescaleNorms(
  wanted: readonly WantedWeight[],
  found: Map<WantedWeight["weight"], Float32Array>,
  theirs: number | undefined,
): void {
  for (const [i, { kind, weight, epsilon }] of wanted.entries()) {
    const gamma = found.get(weight);
    if (kind !== "gamma" || gamma === undefined || epsilon === undefined || theirs === undefined) continue;
    // a batch norm's weights follow each other: gamma, beta, moving mean, moving variance
    const variance = wanted.slice(i, i + 4).find((each) => each.kind === "moving_variance");
    const values = variance === undefined ? undefined : found.get(variance.weight);
    if (values === undefined || theirs === epsilon) continue;
    const scaled = gamma.map(
      (value, c) => value * Math.sqrt(((values[c] ?? 0) + epsilon) / ((values[c] ?? 0) + theirs)),
    );
    found.set(weight, scaled);
  }
}

function pattern(text: string): RegExp {
  const pieces = text.split("*").map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/gu, "\\$&"));
  return new RegExp(`^${pieces.join(".*")}$`, "u");
}

function shownShape(shape: readonly number[], { layout }: TensorFile): string {
  return (layout === "torch" ? torchShape(shape) : shape).join(", ");
}

function missingWords({ candidates, weight }: WantedWeight, left: readonly string[]): string {
  const names = candidates.length === 0 ? "no published name" : candidates.map((name) => `"${name}"`).join(" or ");
  const nearest = nearestName(candidates[0] ?? weight.originalName, left);
  return `${names} for "${weight.originalName}" is not there${nearest === undefined ? "" : `; nearest: "${nearest}"`}`;
}

function misfit(problems: readonly string[], network: string, source: string): KdflowError {
  const message = `the weights do not fit ${network}, read by the names of ${source}: ${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  return new KdflowError("KDF_TRAIN_WEIGHTS", message, {
    hint: [
      ...problems.slice(0, listed),
      ...(problems.length > listed ? [`and ${problems.length - listed} more`] : []),
      "`skip: [classifier.*]` leaves out what is named in the file; `map: { <our layer>: <name in the file> }` says another name",
    ],
    option: "/weights",
  });
}
