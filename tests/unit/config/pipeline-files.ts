import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type LoadRequest, loadPipeline } from "../../../core/config/load-pipeline.ts";
import type { ResolvedPipeline, ResolvedStage } from "../../../core/config/pipeline.ts";
import { ConfigErrors } from "../../../core/errors/config-errors.ts";
import type { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { testRegistry } from "./registry.ts";

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** Writes files into a new folder and returns it. */
export async function writeFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-config-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

type Extra = Partial<Omit<LoadRequest, "file">>;

/** Loads `pipeline.yaml` out of the files. */
export async function load(
  files: string | Readonly<Record<string, string>>,
  extra: Extra = {},
): Promise<ResolvedPipeline> {
  const folder = await writeFiles(typeof files === "string" ? { "pipeline.yaml": files } : files);
  return loadPipeline({
    file: join(folder, "pipeline.yaml"),
    env: {},
    defaults: { loss: "sum", train: "distill" },
    createRegistry: async (plugins) => testRegistry(plugins),
    ...extra,
  });
}

/** The problems of a file that does not load. */
export async function problemsOf(
  files: string | Readonly<Record<string, string>>,
  extra: Extra = {},
): Promise<readonly KdflowError[]> {
  try {
    await load(files, extra);
  } catch (error) {
    if (error instanceof ConfigErrors) return error.problems;
    throw error;
  }
  return [];
}

/** A problem in short: code, line, column and message. */
export function brief(error: KdflowError): string {
  const place = error.where === undefined ? "" : ` ${error.where.line}:${error.where.column}`;
  return `${error.code}${place} ${error.message}`;
}

export async function briefProblems(
  files: string | Readonly<Record<string, string>>,
  extra: Extra = {},
): Promise<string[]> {
  return (await problemsOf(files, extra)).map(brief);
}

/** A stage of a pipeline by name. */
export function stageOf(pipeline: ResolvedPipeline, name: string): ResolvedStage {
  const stage = pipeline.stages.find((one) => one.name === name);
  if (stage === undefined) throw new Error(`no stage ${name}`);
  return stage;
}

/** The text that a place underlines. */
export function underlined(place: { text: string; column: number; length: number } | undefined): string | undefined {
  return place?.text.slice(place.column - 1, place.column - 1 + place.length);
}
