import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plugin } from "../../../core/index.ts";
import { openSession, type PlanView, type Selection } from "../../../core/run/session.ts";
import { openStore, type Store } from "../../../core/store/store.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const pipeline = `kdflow: 1
name: tiny
vars: { teacher: 1, epochs: 2, schedule: constant, rate: 0.05 }
stages:
  data: { use: mnist, root: ./mnist, validation: 0.25, augment: [shift-crop] }
  teacher:
    use: train
    epochs: $vars.teacher
    batchSize: 16
    optimizer: { use: sgd, learningRate: $vars.rate }
    schedule: constant
    network: { use: classifier, backbone: { use: resnet, depth: 8 } }
  softLabels: { use: logits, views: 2 }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss:
    cross-entropy: 0.1
    kd: { weight: { from: 1, to: 0.5, shape: linear, stopEpoch: 3 }, temperature: 4 }
  train:
    epochs: $vars.epochs
    batchSize: 16
    optimizer: { use: sgd, learningRate: $vars.rate }
    schedule: $vars.schedule
`;

/** What one run did. */
/** What every training says. */
const everyTraining: ReadonlySet<string> = new Set(["preparing", "keptEpoch"]);

export interface TinyRun {
  /** Numbers of the epochs that were trained, by stage. */
  readonly epochs: Readonly<Record<string, readonly number[]>>;
  /** What was said to everybody, with the stage before it; without what every training says. */
  readonly notes: readonly string[];
}

/** A folder with a pipeline that trains a teacher, a student and its baseline on a few real digits, in seconds. */
export interface TinyProject extends AsyncDisposable {
  readonly folder: string;
  /** @param set variables, `epochs=2`, or options of stages, `stages.train.accumulate=2` */
  run(set: readonly string[], selection?: Selection): Promise<TinyRun>;
  plan(set: readonly string[]): Promise<PlanView>;
  store(): Promise<Store>;
  /** The manifests of all results, by key: files and their digests. */
  content(): Promise<Readonly<Record<string, string>>>;
}

export async function tinyTraining(plugins: readonly Plugin[] = []): Promise<TinyProject> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-epochs-"));
  const storeDir = join(folder, ".kdflow");
  await writeTinyMnist(join(folder, "mnist"), { train: 64, test: 10 });
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
  const open = (set: readonly string[], observe: Parameters<typeof openSession>[0]["observe"] = () => undefined) =>
    openSession({
      builtins: [builtins, ...plugins],
      file: join(folder, "pipeline.yaml"),
      set: set.map((each) => (each.startsWith("stages.") ? each : `vars.${each}`)),
      storeDir,
      backend: "wasm",
      observe,
    });
  return {
    folder,
    async run(set, selection) {
      const epochs: Record<string, number[]> = {};
      const notes: string[] = [];
      const session = await open(set, (hooks) => {
        hooks.epochEnd.tap("test", ({ stage, epoch }) => {
          epochs[stage] = [...(epochs[stage] ?? []), epoch];
        });
        hooks.warning.tap("test", ({ stage, message }) => {
          notes.push(`warning: ${stage}: ${message}`);
        });
        hooks.log.tap("test", ({ stage, level, event, data }) => {
          if (level === "info" && !everyTraining.has(event)) notes.push(`${stage}: ${String(data["message"])}`);
        });
      });
      const outcome = await session.run(selection);
      if (outcome.status !== "ok") throw outcome.error;
      return { epochs, notes };
    },
    plan: async (set) => (await open(set)).plan(),
    store: () => openStore(storeDir),
    async content() {
      const keys = await readdir(join(storeDir, "store"));
      const manifests = keys.map(async (key) => [key, await readFile(join(storeDir, "store", key, "manifest.json"))]);
      return Object.fromEntries((await Promise.all(manifests)).map(([key, bytes]) => [key, String(bytes)]));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Why a plan runs a stage. */
export function reasonsFor(plan: PlanView, stage: string): readonly string[] {
  return plan.stages.find((planned) => planned.stage === stage)?.reasons ?? [];
}
