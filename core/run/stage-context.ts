import type { Tensor } from "@tensorflow/tfjs";
import type { ResolvedPipeline } from "../config/pipeline.ts";
import type { Backend } from "../contracts/backend.ts";
import type { FamilyName } from "../contracts/kinds.ts";
import type { Log } from "../contracts/log.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanNode } from "../plan/graph.ts";
import type {
  CheckpointStore,
  CreateContext,
  EpochEvent,
  PartStore,
  Progress,
  StageContext,
  TrajectoryStore,
} from "../plugins/context.ts";
import type { HookEvents, Hooks } from "../plugins/hooks.ts";
import type { ComponentProvider, InstanceOf, ProviderUse } from "../plugins/provider.ts";
import { detach } from "../tensors/detach.ts";
import { createRng } from "../tensors/rng.ts";
import { planContext } from "./plan-context.ts";

/** Shortest time between two `progress` events of a stage; the last one always goes out. */
const progressIntervalMs = 100;

/** What contexts of one run share. */
export interface ContextParts {
  readonly pipeline: Pick<ResolvedPipeline, "baseDir" | "registry">;
  readonly hooks: Hooks;
  readonly signal: AbortSignal;
  readonly fileDigest: (path: string) => Promise<string>;
  /** The backend once a stage loaded it. */
  readonly backend: () => Backend | undefined;
}

export interface StageFolders {
  readonly outputDir: string;
  readonly tmpDir: string;
  readonly checkpoints: CheckpointStore;
  readonly trajectory: TrajectoryStore;
  readonly parts: PartStore;
  readonly openInput: StageContext["openInput"];
}

/** What a stage runs with. Where an artifact is only opened, `folders` holds `parts` and `openInput` alone. */
export function stageContext(
  parts: ContextParts,
  node: Pick<PlanNode, "name" | "seed" | "inputs">,
  folders: Partial<StageFolders> = {},
): StageContext {
  const { hooks, signal } = parts;
  const create = createContext(parts, node.seed);
  const folder = <K extends keyof StageFolders>(name: K): StageFolders[K] => {
    const found = folders[name];
    if (found !== undefined) return found;
    throw new KdflowError("KDF_INTERNAL", `stage "${node.name}" asks for ${name} while it is only opened`);
  };
  return Object.freeze({
    ...planContext(parts),
    ...withGetters(create),
    stage: node.name,
    seed: node.seed,
    signal,
    log: logOf(hooks, node.name),
    progress: throttled(hooks, node.name),
    inputStages: (port: string) => (node.inputs.get(port) ?? []).map((input) => input.name),
    openInput: async (port: string) => folder("openInput")(port),
    async epochEnd(epoch: EpochEvent) {
      hooks.epochEnd.call(Object.freeze({ stage: node.name, ...epoch }));
    },
    get tf() {
      return create.tf;
    },
    get backend() {
      return create.backend;
    },
    get outputDir() {
      return folder("outputDir");
    },
    get tmpDir() {
      return folder("tmpDir");
    },
    get checkpoints() {
      return folder("checkpoints");
    },
    get trajectory() {
      return folder("trajectory");
    },
    get parts() {
      return folder("parts");
    },
  });
}

/** `tf` and `backend` throw while no stage has loaded a backend, so they are never read when copying. */
function withGetters({
  baseDir,
  detach: stop,
  rng,
  lookup,
  task,
  provider,
}: CreateContext): Omit<CreateContext, "tf" | "backend"> {
  return { baseDir, detach: stop, rng, lookup, task, provider };
}

function createContext(parts: ContextParts, seed: number): CreateContext {
  const { pipeline } = parts;
  const backend = (): Backend => {
    const loaded = parts.backend();
    if (loaded !== undefined) return loaded;
    throw new KdflowError(
      "KDF_TENSORS_NO_BACKEND",
      "tensors were asked for by a stage that did not say `numeric: true`",
      {
        hint: "its provider must set `numeric: true`, so that the backend is loaded and enters the key",
      },
    );
  };
  const context: CreateContext = {
    baseDir: pipeline.baseDir,
    get tf() {
      return backend().tf;
    },
    get backend() {
      return backend();
    },
    detach: <T extends Tensor>(tensor: T): T => detach(backend().tf, tensor),
    rng: (stream, ...counters) => createRng(seed, stream, ...counters),
    lookup: planContext(parts).lookup,
    task: planContext(parts).task,
    provider: <F extends FamilyName>(family: F, use: ProviderUse) => createComponent(family, use, pipeline, context),
  };
  return context;
}

async function createComponent<F extends FamilyName>(
  family: F,
  { use, ...options }: ProviderUse,
  pipeline: ContextParts["pipeline"],
  context: CreateContext,
): Promise<InstanceOf<F>> {
  const { provider } = pipeline.registry.found(family, use);
  const component = provider as unknown as ComponentProvider<F, object, InstanceOf<F>>;
  return await component.create(Object.freeze(options), context);
}

function logOf(hooks: Hooks, stage: string): Log {
  const note =
    (level: HookEvents["log"]["level"]): Log["info"] =>
    (event, data = {}) =>
      hooks.log.call(Object.freeze({ stage, level, event, data: Object.freeze({ ...data }) }));
  return {
    debug: note("debug"),
    info: note("info"),
    warn: (event, { message }) => hooks.warning.call(Object.freeze({ stage, event, message })),
  };
}

function throttled(hooks: Hooks, stage: string): (progress: Progress) => void {
  let sentMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - sentMs < progressIntervalMs && progress.done < progress.total) return;
    sentMs = nowMs;
    hooks.progress.call(Object.freeze({ stage, ...progress }));
  };
}
