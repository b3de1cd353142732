import { stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import type { ScaffoldHost } from "./host.ts";
import { entriesOf, sayUnusable } from "./looked-at.ts";

/** A model on disk, and what a pipeline says for it. */
export interface FoundTeacher {
  /** From the working directory. */
  readonly value: string;
  readonly use: string;
  /** Paths are absolute. */
  readonly options: Readonly<Record<string, string>>;
  /** What the file says of itself. */
  readonly lines: readonly string[];
}

const most = { folders: 100, depth: 2 };
/** Reads what providers leave to `kdflow predict`. */
const layersReader = "layers-model";

/** Files that a provider of teachers reads, in the working directory and two levels below it. */
export async function findTeachers(host: ScaffoldHost): Promise<readonly FoundTeacher[]> {
  const found: FoundTeacher[] = [];
  let looked = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (looked++ >= most.folders) return;
    const entries = await entriesOf(folder, host);
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isFile() && /\.onnx$|\.cfg$|^model\.json$/i.test(entry.name)) {
        const teacher = await teacherAt(path, host).catch((error: unknown) => sayUnusable(path, error, host));
        if (teacher !== undefined) found.push(teacher);
      }
      if (entry.isDirectory() && depth < most.depth && !/^\.|^node_modules$/.test(entry.name))
        await walk(path, depth + 1);
    }
  };
  await walk(host.cwd, 0);
  return found;
}

/**
 * The model at a path, by the provider that recognises it.
 *
 * @throws KDF_CLI_USAGE where nobody does, and the provider's errors for a file that is broken
 */
export async function teacherAt(path: string, host: ScaffoldHost): Promise<FoundTeacher> {
  const file = resolve(host.cwd, path);
  const there = await stat(file).catch(() => undefined);
  if (there === undefined) {
    throw new KdflowError("KDF_CLI_USAGE", `there is no file "${path}"`, {
      hint: "paths start in the working directory",
    });
  }
  const value = relative(host.cwd, file).replaceAll("\\", "/");
  const readers = await host.providers("teacher");
  for (const { provider } of readers) {
    const options = await provider.recognise?.(file);
    if (options === undefined) continue;
    return { value, use: provider.id, options, lines: (await provider.summarise?.(file)) ?? [] };
  }
  if (basename(file) === "model.json" && readers.some(({ provider }) => provider.id === layersReader)) {
    return { value, use: layersReader, options: { model: file }, lines: [] };
  }
  throw new KdflowError("KDF_CLI_USAGE", `"${path}" is no model that kdflow reads`, {
    hint: "an ONNX file, a model.json of TensorFlow.js, or a darknet .cfg with its .weights beside it",
  });
}
