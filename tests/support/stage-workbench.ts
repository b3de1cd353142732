import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Dataset,
  PortValues,
  Progress,
  ProviderOf,
  ProviderUse,
  SoftLabels,
  StageContext,
  StageVerification,
} from "../../core/index.ts";
import { openParts } from "../../core/store/parts.ts";
import { openStore, type Store } from "../../core/store/store.ts";
import { createRng } from "../../core/tensors/rng.ts";
import { cutmix } from "../../plugins/augmentations/cutmix.ts";
import { flip } from "../../plugins/augmentations/flip.ts";
import { hsvJitter } from "../../plugins/augmentations/hsv-jitter.ts";
import { mixup } from "../../plugins/augmentations/mixup.ts";
import { mosaic } from "../../plugins/augmentations/mosaic.ts";
import { randomResizedCrop } from "../../plugins/augmentations/random-resized-crop.ts";
import { scaleTranslate } from "../../plugins/augmentations/scale-translate.ts";
import { shiftCrop } from "../../plugins/augmentations/shift-crop.ts";
import { mnist } from "../../plugins/data/mnist.ts";
import { logits } from "../../plugins/soft-labels/logits.ts";
import { classification } from "../../plugins/tasks/classification.ts";

/** What a stage said while it ran. */
export interface StageNotes {
  readonly warnings: { readonly event: string; readonly message: string }[];
  readonly progress: Progress[];
}

/** Runs data and soft-label stages alone, on a real store in a temporary folder, without a pipeline. */
export interface Workbench extends AsyncDisposable {
  readonly folder: string;
  readonly store: Store;
  readonly notes: StageNotes;
  context(seed: number, outputDir: string, signal?: AbortSignal): StageContext;
  /** Runs a data provider, `data/mnist` unless another is given, with its defaults under `options`, and opens the result. */
  data(
    options: object,
    seed?: number,
    provider?: ProviderOf<"data">,
  ): Promise<Dataset & { readonly directory: string }>;
  /** Runs `softLabels/logits` with its defaults under `options`; returns the artifact's folder. */
  label(options: object, inputs: PortValues, signal?: AbortSignal): Promise<string>;
  open(directory: string): Promise<SoftLabels>;
  verify(directory: string, inputs: PortValues): Promise<StageVerification>;
}

const augmentations: Readonly<Record<string, ProviderOf<"augmentations">>> = {
  flip,
  "shift-crop": shiftCrop,
  "random-resized-crop": randomResizedCrop,
  mixup,
  cutmix,
  mosaic,
  "scale-translate": scaleTranslate,
  "hsv-jitter": hsvJitter,
};

const dataDefaults = { validation: 0.1, augment: [] };
const labelDefaults = { views: 1, precision: "float16", shardSize: 2048, batchSize: 256 };

export async function openWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-stage-"));
  const notes: StageNotes = { warnings: [], progress: [] };
  const store = await openStore(join(folder, ".kdflow"), {
    warn: (event, { message }) => notes.warnings.push({ event, message }),
  });
  const opened: Dataset[] = [];
  let stages = 0;
  const outputFolder = async (): Promise<string> => {
    const directory = join(folder, `stage-${++stages}`);
    await mkdir(directory);
    return directory;
  };
  const context = (seed: number, outputDir: string, signal = new AbortController().signal): StageContext =>
    stageContext({ folder, store, notes, seed, outputDir, signal });
  return {
    folder,
    store,
    notes,
    context,
    async data(options, seed = 7, provider = mnist) {
      const directory = await outputFolder();
      const all = { ...dataDefaults, ...options } as never;
      await provider.run(all, {}, context(seed, directory));
      const dataset = await provider.open({ directory, digest: "" }, all, context(seed, directory));
      opened.push(dataset);
      return { ...dataset, directory };
    },
    async label(options, inputs, signal) {
      const directory = await outputFolder();
      await logits.run({ ...labelDefaults, ...options } as never, inputs, context(0, directory, signal));
      return directory;
    },
    open: (directory) => logits.open({ directory, digest: "" }, {} as never, context(0, directory)),
    async verify(directory, inputs) {
      const result = await logits.verify?.({ directory, digest: "" }, {} as never, inputs, context(0, directory));
      if (result === undefined) throw new Error("softLabels/logits cannot verify");
      return result;
    },
    async [Symbol.asyncDispose]() {
      for (const dataset of opened) await dataset.close?.();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface ContextParts {
  readonly folder: string;
  readonly store: Store;
  readonly notes: StageNotes;
  readonly seed: number;
  readonly outputDir: string;
  readonly signal: AbortSignal;
}

/** The parts of a stage's context that these stages may use; anything else fails the test by being absent. */
function stageContext({ folder, store, notes, seed, outputDir, signal }: ContextParts): StageContext {
  const context = {
    baseDir: folder,
    stage: "test",
    seed,
    signal,
    outputDir,
    parts: openParts(store, { provider: "logits" }),
    fileDigest: (path: string) => store.fileDigest(path),
    rng: (stream: string, ...counters: number[]) => createRng(seed, stream, ...counters),
    task: () => classification.task,
    lookup: (_family: string, { use }: ProviderUse) => augmentations[use],
    provider: async (_family: string, { use, ...options }: ProviderUse) =>
      augmentations[use]?.create(options as never, context as never),
    progress: (progress: Progress) => notes.progress.push(progress),
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (event: string, { message }: { message: string }) => notes.warnings.push({ event, message }),
    },
  };
  return context as unknown as StageContext;
}
