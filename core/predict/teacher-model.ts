import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plain } from "../config/config-node.ts";
import { createSchemaChecker } from "../config/schema-checker.ts";
import type { Teacher } from "../contracts/artifacts.ts";
import type { Backend } from "../contracts/backend.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { StageProvider } from "../plugins/provider.ts";
import type { RegisteredProvider, Registry } from "../plugins/registry.ts";
import { stageContext } from "../run/stage-context.ts";
import { sha256OfFile } from "../store/sha256.ts";
import type { ShownModel } from "./shown-model.ts";

/** A model that a provider of teachers reads: an ONNX file, a graph of TensorFlow.js. */
export interface TeacherModel {
  /** The provider's id. */
  readonly use: string;
  readonly options: Readonly<Record<string, Plain>>;
  /** Relative paths in options start there. */
  readonly baseDir: string;
  /** What a run stored of it; without it the model is looked at anew. */
  readonly stored?: { readonly directory: string; readonly digest: string; readonly files: unknown };
}

/** Where a teacher is opened: what there is beside it. */
export interface TeacherSurroundings {
  readonly registry: Registry;
  /** Loads the tensor backend, for teachers that need one. */
  backend(): Promise<Backend>;
}

type TeacherProvider = StageProvider<"teacher", object, Teacher>;

/**
 * Opens a teacher outside of a pipeline.
 *
 * @returns caller disposes
 * @throws KDF_CLI_USAGE for an option that the provider does not take, KDF_INPUT_CHANGED where the files are others than
 *   those of the run, and what the provider throws
 */
export async function openTeacherModel(
  model: TeacherModel,
  { registry, backend: loadBackend }: TeacherSurroundings,
): Promise<ShownModel> {
  const registered = await registry.find("teacher", model.use);
  const provider = registered.provider as unknown as TeacherProvider;
  const options = await checkedOptions(model, registered);
  const backend = provider.numeric === true ? await loadBackend() : undefined;
  const parts = {
    pipeline: { baseDir: model.baseDir, registry },
    hooks: registry.hooks,
    signal: new AbortController().signal,
    fileDigest: (path: string) => sha256OfFile(path),
    backend: () => backend,
  };
  const node = { name: "model", seed: 0, inputs: new Map() };
  const folder = await mkdtemp(join(tmpdir(), "kdflow-predict-"));
  try {
    const context = stageContext(parts, node, { outputDir: folder });
    if (model.stored === undefined) await provider.run(options, {}, context);
    else assertSameFiles(model.stored.files, await provider.fingerprint?.(options, context));
    const artifact = model.stored ?? { directory: folder, digest: "" };
    const teacher = await provider.open(artifact, options, context);
    const { classNames, imageSize, outputs } = teacher;
    const { task } = (await registry.find("tasks", teacher.task)).provider;
    return {
      task,
      classNames,
      imageSize,
      outputs,
      runsOn: backend?.id ?? provider.runtime?.name ?? model.use,
      predict: (pixels, count) => teacher.predict(pixels, count),
      dispose: () => teacher.dispose(),
    };
  } catch (error) {
    if (!(error instanceof KdflowError) || error.code !== "KDF_INPUT_CLASSES") throw error;
    const hint = "--classes names every output of the model, in its order: one name per line, or a JSON array";
    throw new KdflowError(error.code, error.message, { hint });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkedOptions(model: TeacherModel, { schema }: RegisteredProvider<"teacher">): Promise<object> {
  const owner = `teacher/${model.use}`;
  const { options, errors } = (await createSchemaChecker()).check(schema, { ...model.options }, owner);
  const [error] = errors;
  if (error === undefined) return options as object;
  const known = Object.keys(schema["properties"] ?? {});
  const unknown = Object.keys(model.options).find((name) => !known.includes(name));
  const [, wrong = ""] = error.instancePath.split("/");
  const what = unknown === undefined ? `"${wrong}" ${error.message}` : `"${unknown}" is none`;
  throw new KdflowError("KDF_CLI_USAGE", `options of ${owner}: ${what}`, {
    hint: unknown === undefined ? `kdflow plugins info ${owner} shows them` : allowedHint(unknown, known),
  });
}

function assertSameFiles(then: unknown, now: Readonly<Record<string, string>> | undefined): void {
  const before = typeof then === "object" && then !== null ? Object.entries(then) : [];
  const changed = before.filter(([name, digest]) => now?.[name] !== digest).map(([name]) => name);
  if (changed.length === 0) return;
  throw new KdflowError("KDF_INPUT_CHANGED", `the teacher is another one now than in the run: ${changed.join(", ")}`, {
    hint: "run the pipeline again, or name the model's file instead of the run",
  });
}
