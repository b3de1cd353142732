import { stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type FoundData, type ImageSize, KdflowError } from "../../../core/index.ts";
import type { ScaffoldHost, Supplied } from "./host.ts";
import { entriesOf, isMissing, sayUnusable } from "./looked-at.ts";

/** Data in a folder, and the provider that knows it. */
export interface FoundSource {
  readonly supplied: Supplied<"data">;
  readonly found: FoundData;
  /** What the answer to the question says: a folder from the working directory, or a name. */
  readonly value: string;
  /** Of data that still have to be fetched: what their images will be. */
  readonly awaited?: ImageSize;
}

/** So many folders are looked into, and so deep. */
const most = { folders: 300, depth: 2 };

/** The data that comes as a package and needs no folder. */
const packaged = "mnist";

/** Looks for data in the working directory and two levels below it. */
export async function findSources(host: ScaffoldHost): Promise<readonly FoundSource[]> {
  const found: FoundSource[] = [];
  let looked = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (looked++ >= most.folders) return;
    const here = await sourcesIn(host, folder);
    found.push(...here);
    if (here.length > 0 || depth === most.depth) return;
    for (const name of await foldersIn(folder, host)) await walk(join(folder, name), depth + 1);
  };
  await walk(host.cwd, 0);
  return found;
}

async function foldersIn(folder: string, host: ScaffoldHost): Promise<readonly string[]> {
  const entries = await entriesOf(folder, host);
  const folders = entries.filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
  return folders.map(({ name }) => name).sort();
}

async function sourcesIn(host: ScaffoldHost, folder: string): Promise<readonly FoundSource[]> {
  const sources: FoundSource[] = [];
  const path = relative(host.cwd, folder).replaceAll("\\", "/") || ".";
  for (const supplied of await host.providers("data")) {
    const found = await supplied.provider.recognise?.(folder);
    if (found === undefined) continue;
    // a folder may hold the same photos with labels of several forms
    const value = sources.length === 0 ? path : `${path}:${supplied.provider.id}`;
    sources.push({ supplied, found, value });
  }
  return sources;
}

/** MNIST as its package, which may still have to be installed. */
export async function packagedSource(host: ScaffoldHost): Promise<FoundSource | undefined> {
  const supplied = (await host.providers("data")).find(({ provider }) => provider.id === packaged);
  if (supplied === undefined) return undefined;
  const { mnist } = await import("../../data/mnist.ts");
  const { findMnistFiles } = await import("../../data/mnist/mnist-files.ts");
  const files = await findMnistFiles(undefined, host.cwd).catch((error: unknown) =>
    // the plan says how to install it
    isMissing(error) ? undefined : sayUnusable(packaged, error, host),
  );
  const found = files && (await mnist.recognise?.(join(files.trainImages, "..")));
  const usual: FoundData = {
    options: {},
    classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
    counts: { train: 60_000, test: 10_000 },
    sizes: [[28, 28]],
  };
  const source = { supplied, found: { ...(found ?? usual), options: {} }, value: packaged };
  return found === undefined ? { ...source, awaited: { height: 28, width: 28, channels: 1 } } : source;
}

/**
 * The data that an answer names: one that was found before, else a folder, with `:provider` where several know it.
 *
 * @throws KDF_CLI_USAGE where it is no folder, or no provider knows it, or nothing in it is for training
 */
export async function sourceOf(
  answer: string,
  host: ScaffoldHost,
  known: readonly FoundSource[],
): Promise<FoundSource> {
  const [, path = answer, id] = /^(.+):([a-z][\w-]*)$/.exec(answer) ?? [];
  const source = known.find(({ value }) => value === answer) ?? (await lookAt(path, id, host));
  if ((source.found.counts.train ?? 0) > 0) return source;
  throw new KdflowError("KDF_CLI_USAGE", `"${answer}" has no images to train on: ${countText(source.found)}`);
}

async function lookAt(path: string, id: string | undefined, host: ScaffoldHost): Promise<FoundSource> {
  const folder = resolve(host.cwd, path);
  const isFolder = (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder) {
    throw new KdflowError("KDF_CLI_USAGE", `there is no folder "${path}"`, {
      hint: "paths start in the working directory",
    });
  }
  const sources = await sourcesIn(host, folder);
  const source = id === undefined ? sources[0] : sources.find(({ supplied }) => supplied.provider.id === id);
  if (source !== undefined) return source;
  const readers = (await host.providers("data")).filter(({ provider }) => provider.recognise !== undefined);
  throw new KdflowError("KDF_CLI_USAGE", `nothing in "${path}" is data that kdflow knows`, {
    hint: [
      "photos lie in one folder for each class, or have labels of a known form",
      ...readers.map(({ provider }) => `${provider.id}: ${provider.summary}`),
    ],
  });
}

/** `3068 train, 372 test`. */
export function countText({ counts }: FoundData): string {
  const splits = Object.entries(counts).map(([split, count]) => `${count} ${split}`);
  return splits.join(", ");
}

/** What a list says of data: `./photos: 10 classes, 3068 train, 96×128 (image-folder)`. */
export function sourceText({ value, found, supplied }: FoundSource): string {
  const sizes = [...new Set(found.sizes.map(([height, width]) => `${width}×${height}`))].slice(0, 3).join(", ");
  const { id } = supplied.provider;
  return `${value}: ${found.classNames.length} classes, ${countText(found)}, ${sizes}${value === id ? "" : ` (${id})`}`;
}
