import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Backend,
  CheckpointStore,
  Dataset,
  LossTerm,
  Network,
  Objective,
  Optimizer,
  ProviderOf,
  Schedule,
  StageContext,
  Tf,
} from "../../../core/index.ts";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import { createTestContext } from "../../../core/testing/index.ts";
import { crossEntropy } from "../../../plugins/losses/cross-entropy.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import { classifierOutputs } from "../../../plugins/tasks/classification/names.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { type TrainedNetwork, trainNetwork } from "../../../plugins/trainers/loop/training-loop.ts";
import type { TrainingRequest } from "../../../plugins/trainers/loop/training-request.ts";
import { writeModel } from "../../../plugins/trainers/start/model-files.ts";
import { loadBackend } from "../../support/backend.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

/** What a training does otherwise than the others. */
export interface HintPlan {
  /** Takes the place of the term `hint`. */
  readonly term?: LossTerm;
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly clipNorm?: number;
  readonly checkpoints?: CheckpointStore;
  readonly signal?: AbortSignal;
  readonly progress?: StageContext["progress"];
  readonly schedule?: Schedule;
  /** Takes the place of the backend's own way to make steps. */
  readonly createStep?: Backend["createStep"];
  /** Leaves the term `hint` and the teacher out. */
  readonly hardAlone?: boolean;
  readonly batchSize?: number;
  /** Takes the place of what the request would have. */
  readonly changes?: Partial<TrainingRequest>;
  readonly log?: (message: string) => void;
}

/** Trains one dense layer on a few real digits, on labels (`hard`) and the fixture's loss `centred-hint` (`hint`). */
export interface HintTraining extends AsyncDisposable {
  readonly backend: Backend;
  readonly stepsPerEpoch: number;
  /** Of the train split. */
  readonly samples: number;
  hint(options?: object): Promise<LossTerm>;
  /** An empty one, on disk. */
  checkpointStore(): CheckpointStore;
  train(plan: HintPlan): Promise<TrainedNetwork>;
  /** The files of the trained model, by name; frees the network. */
  filesOf(trained: TrainedNetwork): Promise<Record<string, Buffer>>;
}

const batchSize = 8;

export async function openHintTraining(backendId = "cpu"): Promise<HintTraining> {
  const backend = await loadBackend(backendId);
  const workbench = await openWorkbench();
  await writeTinyMnist(join(workbench.folder, "digits"), { train: 40, test: 10 });
  const data = await workbench.data({ root: "digits", validation: 0.2 });
  const fixture: { plugin: { providers: ProviderOf<"losses">[] } } = await import(
    new URL("../../fixtures/plugins/centred-hint.js", import.meta.url).href
  );
  const provider = fixture.plugin.providers[0] as ProviderOf<"losses">;
  let checkpointKeys = 0;
  const hint: HintTraining["hint"] = async (options = { momentum: 0.9, sharpen: 2 }) =>
    provider.create(options as never, createTestContext({ tf: backend.tf }));
  const checkpointStore = (): CheckpointStore => openCheckpoints(workbench.store, `training-${++checkpointKeys}`);
  return {
    backend,
    samples: data.splits.train.count,
    stepsPerEpoch: Math.ceil(data.splits.train.count / batchSize),
    hint,
    checkpointStore,
    train: async (plan) => {
      const term = plan.term ?? (await hint());
      const checkpoints = plan.checkpoints ?? checkpointStore();
      const needs = [...(provider.needs as string[])];
      return trainNetwork(await requestOf({ ...plan, term, checkpoints, needs, backend, workbench, data }));
    },
    filesOf: (trained) => filesOf(backend.tf, trained, data),
    [Symbol.asyncDispose]: () => workbench[Symbol.asyncDispose](),
  };
}

interface WholePlan extends HintPlan {
  readonly term: LossTerm;
  readonly needs: readonly string[];
  readonly checkpoints: CheckpointStore;
  readonly backend: Backend;
  readonly workbench: Workbench;
  readonly data: Dataset;
}

async function requestOf(plan: WholePlan): Promise<TrainingRequest> {
  const { workbench, data, term, needs } = plan;
  const backend = { ...plan.backend, ...(plan.createStep === undefined ? {} : { createStep: plan.createStep }) };
  const components = createTestContext({ tf: backend.tf, backend, seed: 3 });
  const { signal = new AbortController().signal, checkpoints, progress = () => undefined } = plan;
  const stage = workbench.context(3, workbench.folder, signal);
  const hard = await crossEntropy.create({ labelSmoothing: 0 } as never, components);
  const terms: Objective["terms"] = [
    { name: "hard", term: hard, needs: ["studentLogits", "labels"], weight: () => 1 },
    ...(plan.hardAlone === true ? [] : [{ name: "hint", term, needs, weight: () => 0.01 }]),
  ];
  const optimizer: Optimizer = await sgd.create(
    { learningRate: plan.learningRate ?? 0.1, momentum: 0.9, nesterov: false, weightDecay: 5e-4 } as never,
    components,
  );
  const log = { ...stage.log, info: (_event: string, data: { message?: unknown }) => plan.log?.(String(data.message)) };
  const context = {
    ...stage,
    log,
    tf: backend.tf,
    backend,
    checkpoints,
    trajectory: { load: async () => undefined },
    progress,
    epochEnd: async () => undefined,
  } as unknown as StageContext;
  return {
    context,
    source: {
      dataset: data,
      task: classification.task,
      inputSize: data.imageSize,
      batchSize: plan.batchSize ?? batchSize,
      views: undefined,
      softLabels: undefined,
      teacher: plan.hardAlone === true ? undefined : linearTeacher(),
      orderOf: (epoch) => components.rng("order", epoch),
    },
    network: linearNetwork(backend.tf),
    objective: { terms },
    optimizer,
    schedule: plan.schedule ?? { factor: () => 1 },
    epochs: plan.epochs ?? 3,
    clipNorm: plan.clipNorm,
    bestMetric: "nll",
    checkpointMinutes: 60,
    ...plan.changes,
  };
}

/** One dense layer on the pixels, from seeded weights. */
export function linearNetwork(tf: Tf): Network {
  return {
    imageSize: undefined,
    build: ({ imageSize, classes, rng }) => {
      const { height, width, channels } = imageSize;
      const pixels = tf.input({ shape: [height, width, channels], name: "pixels" });
      const kernelInitializer = tf.initializers.glorotNormal({ seed: rng.uint32() });
      const stack = [
        tf.layers.rescaling({ name: "normalize", scale: 1 / 255 }),
        tf.layers.flatten({ name: "flatten" }),
        tf.layers.dense({ name: "logits", units: classes, kernelInitializer }),
      ];
      const logits = stack.reduce((x, layer) => layer.apply(x) as typeof x, pixels);
      const model = tf.model({ name: "linear", inputs: pixels, outputs: logits });
      return { model, outputs: classifierOutputs(classes), taps: {} };
    },
  };
}

async function filesOf(tf: Tf, trained: TrainedNetwork, data: Dataset): Promise<Record<string, Buffer>> {
  const directory = await mkdtemp(join(tmpdir(), "kdflow-model-"));
  try {
    await writeModel(tf, directory, trained, data, data.imageSize);
    const names = (await readdir(directory)).sort();
    const contents = await Promise.all(
      names.map(async (name) => [name, await readFile(join(directory, name))] as const),
    );
    return Object.fromEntries(contents);
  } finally {
    trained.dispose();
    await rm(directory, { recursive: true });
  }
}
