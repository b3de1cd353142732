import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BuiltNetwork,
  type Dataset,
  layersModelFiles,
  type Model,
  type ProviderOf,
  type StageContext,
} from "../../core/index.ts";
import { createRng } from "../../core/tensors/rng.ts";
import { classificationId } from "../../plugins/tasks/classification/names.ts";
import { classification } from "../../plugins/tasks/classification.ts";
import { detectionId } from "../../plugins/tasks/detection/names.ts";
import { detection } from "../../plugins/tasks/detection.ts";
import { openModel } from "../../plugins/trainers/start/model-files.ts";
import { backend, tf } from "../unit/networks/build-network.ts";

const counted = { trainableParameters: 1, parameters: 1, multiplyAdds: 1, sizeBytes: 1, history: [] };

/** A network as a train stage leaves it, under `root`; disposed of. */
export async function storedModel(
  root: string,
  { model, outputs }: Pick<BuiltNetwork, "model" | "outputs">,
  { task, classNames, imageSize }: Pick<Dataset, "task" | "classNames" | "imageSize">,
): Promise<Model> {
  const directory = await mkdtemp(join(root, "model-"));
  for (const [name, bytes] of Object.entries(await layersModelFiles(model)))
    await writeFile(join(directory, name), bytes);
  const description = { ...counted, task, classNames, imageSize, outputs };
  await writeFile(join(directory, "description.json"), JSON.stringify(description));
  model.dispose();
  return openModel(directory, "d1635");
}

/** What an export stage runs with, its output folder under `root`. */
export async function exportContext(root: string): Promise<StageContext> {
  const tasks: Readonly<Record<string, unknown>> = {
    [classificationId]: classification.task,
    [detectionId]: detection.task,
  };
  return {
    tf,
    backend,
    outputDir: await mkdtemp(join(root, "export-")),
    tmpDir: await mkdtemp(join(root, "scratch-")),
    signal: new AbortController().signal,
    rng: (stream: string) => createRng(0, stream),
    task: (id: string) => tasks[id],
    log: { debug() {}, info() {}, warn() {} },
    progress() {},
  } as unknown as StageContext;
}

/** Runs an exporter alone; `report` is what it wrote as `export.json`. */
export async function runExporter(root: string, provider: ProviderOf<"export">, options: object, inputs: object) {
  const context = await exportContext(root);
  await provider.run({ licences: {}, ...options } as never, inputs as never, context);
  const directory = context.outputDir;
  const report = JSON.parse(await readFile(join(directory, "export.json"), "utf8"));
  return { directory, report };
}
