import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { PartStore, Progress, StageContext } from "../plugins/context.ts";
import type { PortValues, StageProvider } from "../plugins/provider.ts";
import { openCheckpoints } from "../store/checkpoints.ts";
import { namesIn } from "../store/durable.ts";
import { openParts } from "../store/parts.ts";
import { sha256 } from "../store/sha256.ts";
import { openStore, type Store } from "../store/store.ts";
import { createTestContext, type TestContextOptions } from "./test-context.ts";

/** A provider of a stage that stores what it makes. */
export type AnyStageProvider = StageProvider<never, never, unknown>;

export interface StageBenchOptions extends TestContextOptions {
  /** Options as a pipeline would give them, defaults applied. */
  readonly options: object;
  /** What the stage's ports were wired to, opened. */
  readonly inputs: PortValues;
}

type Use = (value: never, context: StageContext) => Promise<unknown>;

/** A real store in a temporary folder, in which one stage runs as the engine would run it. */
export interface StageBench {
  /**
   * Runs the stage and commits what it made; drops all of it where that throws.
   *
   * @param use what is done with the result, opened
   * @returns the content's digest and what `use` gives
   */
  run(signal: AbortSignal, onProgress: (progress: Progress) => void, use?: Use): Promise<unknown>;
  /** What is there now and must not be, unless the stage was committed; checkpoints and parts may. */
  leftovers(): Promise<string[]>;
  remove(): Promise<void>;
}

/** Work that nobody waits for gets this long to show itself. */
const settleMs = 100;

const key = sha256("the stage under test");

export async function openStageBench(provider: AnyStageProvider, options: StageBenchOptions): Promise<StageBench> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-stage-"));
  const store = await openStore(join(folder, ".kdflow"));
  const parts = new Set<string>();
  const tally: Tally = { running: false, late: 0 };
  return {
    run: (signal, onProgress, use) => runStage(provider, options, { store, parts, tally, signal, onProgress, use }),
    async leftovers() {
      await setTimeout(settleMs);
      const { artifacts, tmp } = store.layout;
      const stored = (await namesIn(artifacts)).filter((name) => !parts.has(name));
      return [
        ...stored.map((name) => (name === key ? "an artifact" : `an artifact "${name}"`)),
        ...(await namesIn(tmp)).map((name) => `the unfinished folder "tmp/${name}"`),
        ...(tally.late > 0 ? [`work that went on, with ${tally.late} more reports`] : []),
      ];
    },
    async remove() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Reports of progress that came when the stage had ended. */
interface Tally {
  running: boolean;
  late: number;
}

interface StageRun {
  readonly store: Store;
  /** Filled with the keys of parts that were committed. */
  readonly parts: Set<string>;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly use: Use | undefined;
}

async function runStage(provider: AnyStageProvider, options: StageBenchOptions, run: StageRun): Promise<unknown> {
  const transaction = await run.store.begin(key);
  const scratch = await run.store.scratch();
  run.tally.running = true;
  try {
    const folders = { outputDir: transaction.directory, tmpDir: scratch.directory };
    const context = stageContext(provider, options, run, folders);
    await provider.run(options.options as never, options.inputs, context);
    run.tally.running = false;
    const { family, id, volatile } = provider;
    const artifact = await transaction.commit({ kind: family, provider: id, volatile });
    if (run.use === undefined) return artifact.digest;
    const value = await provider.open(artifact, options.options as never, context);
    try {
      return [artifact.digest, await run.use(value as never, context)];
    } finally {
      const { close, dispose } = value as { close?(): Promise<void>; dispose?(): void };
      await close?.call(value);
      dispose?.call(value);
    }
  } catch (error) {
    run.tally.running = false;
    await transaction.abort();
    throw error;
  } finally {
    await scratch.remove();
  }
}

function stageContext(
  provider: AnyStageProvider,
  options: StageBenchOptions,
  { store, parts, tally, signal, onProgress }: StageRun,
  folders: Pick<StageContext, "outputDir" | "tmpDir">,
): StageContext {
  const own: Omit<StageContext, keyof ReturnType<typeof createTestContext>> = {
    ...folders,
    stage: "test",
    seed: options.seed ?? 0,
    signal,
    inputStages: (port) => [options.inputs[port] ?? []].flat().map((_, i) => (i === 0 ? port : `${port}.${i}`)),
    openInput: async (port) => options.inputs[port],
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    progress: (progress) => {
      if (tally.running) onProgress(progress);
      else tally.late++;
    },
    epochEnd: async () => undefined,
    fileDigest: (path) => store.fileDigest(path),
    checkpoints: openCheckpoints(store, key),
    trajectory: { load: async () => undefined },
    parts: notingParts(openParts(store, { provider: provider.id }), parts),
  };
  return Object.assign(createTestContext(options), own);
}

function notingParts(stored: PartStore, keys: Set<string>): PartStore {
  return {
    ...stored,
    async commit(part, write) {
      const directory = await stored.commit(part, write);
      keys.add(part);
      return directory;
    },
  };
}
