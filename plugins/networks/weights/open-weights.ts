import { resolve } from "node:path";
import { KdflowError, type ProviderUse } from "../../../core/index.ts";
import type { NetworksClassifierOptions } from "../../options.ts";
import { fetchCheckpoint, knownCheckpoint } from "./fetch-checkpoint.ts";
import type { PublishedWeights } from "./load-published.ts";
import { readTensorFile } from "./read-tensor-file.ts";

/** The option `weights`, checked by its schema. */
export type WeightsOption = NonNullable<NetworksClassifierOptions["weights"]>;

/** What a network starts from, each where it was given. */
export interface StartingWeights {
  readonly backbone?: PublishedWeights | undefined;
  readonly network?: PublishedWeights | undefined;
}

/**
 * Reads the weights that a network and its backbone are given.
 *
 * @param use of the backbone, left out where the network has its own
 * @param baseDir folder that paths start from
 * @throws what {@link readTensorFile} and {@link fetchCheckpoint} throw
 */
export async function openStartingWeights(
  weights: WeightsOption | undefined,
  use: ProviderUse | undefined,
  baseDir: string,
): Promise<StartingWeights> {
  const open = async (option: WeightsOption | undefined) =>
    option === undefined ? undefined : await openWeights(option, baseDir);
  return { backbone: await open(weightsOf(use)), network: await open(weights) };
}

/**
 * Reads the files that a network and its backbone start from, so that one that is missing, damaged or another is told
 * before anything is computed. Nothing is downloaded.
 *
 * @param baseDir folder that paths start from
 * @throws what {@link readTensorFile} throws, and KDF_PLAN_OPTIONS for a checkpoint that is not known
 */
export async function checkStartingWeights(network: ProviderUse, baseDir: string): Promise<void> {
  const backbone = network["backbone"];
  for (const option of [weightsOf(network), weightsOf(backbone as ProviderUse | undefined)]) {
    const known = typeof option === "string" ? option : option?.known;
    if (known !== undefined) knownCheckpoint(known);
    else if (option !== undefined) await openWeights(option, baseDir);
  }
}

/** The schema is that of the networks' option; networks and backbones of plugins may have none, or another one. */
function weightsOf(use: ProviderUse | undefined): WeightsOption | undefined {
  const given = use?.["weights"];
  return typeof given === "string" || isWeights(given) ? given : undefined;
}

function isWeights(value: unknown): value is Exclude<WeightsOption, string> {
  return typeof value === "object" && value !== null && ("path" in value || "known" in value);
}

async function openWeights(option: WeightsOption, baseDir: string): Promise<PublishedWeights> {
  const given = typeof option === "string" ? { known: option, skip: [], map: {} } : option;
  const { skip, map, epsilon } = { epsilon: undefined, ...given };
  const { path, sha256 } = await fileOf(given, baseDir);
  const rest = { skip, map, ...(epsilon === undefined ? {} : { epsilon }) };
  return { ...rest, file: await readTensorFile(path, sha256) };
}

type Given = Pick<Exclude<WeightsOption, string>, "known" | "path" | "sha256">;

async function fileOf({ known, path, sha256 }: Given, baseDir: string): Promise<{ path: string; sha256: string }> {
  if (known !== undefined && path === undefined && sha256 === undefined) return fetchCheckpoint(known);
  if (known === undefined && path !== undefined && sha256 !== undefined) {
    return { path: resolve(baseDir, path), sha256 };
  }
  throw new KdflowError("KDF_PLAN_OPTIONS", "`weights` names no file", {
    hint: "say `path` and `sha256` of a file, or the name of a known checkpoint alone: `weights: torchvision/mobilenet_v2`",
    option: "/weights",
  });
}
