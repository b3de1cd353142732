import { KdflowError } from "../errors/kdflow-error.ts";
import type { Decision } from "../plan/decide.ts";
import { stageProvider } from "../plan/graph.ts";
import { locateError } from "../plan/locate-error.ts";
import type { TrajectoryStore } from "../plugins/context.ts";
import { asPluginError } from "../plugins/plugin-error.ts";
import type { Options, StageProvider } from "../plugins/provider.ts";
import type { StoredArtifact } from "../store/artifact.ts";
import { openCheckpoints } from "../store/checkpoints.ts";
import { explainDiskError } from "../store/disk-errors.ts";
import { openParts } from "../store/parts.ts";
import type { Store } from "../store/store.ts";
import { endFolder, loadEnd } from "../store/trajectories.ts";
import { type ContextParts, stageContext } from "./stage-context.ts";
import type { StageValues } from "./stage-values.ts";
import { watchTensors } from "./watch-tensors.ts";

export interface RunStageRequest {
  readonly decision: Decision;
  readonly forced: boolean;
  readonly store: Store;
  readonly parts: ContextParts;
  readonly values: StageValues;
  readonly loadBackend: () => Promise<void>;
  readonly numericClass: string;
}

/**
 * Computes one stage under its key's lock and commits what it wrote as one. Another run that committed the same key
 * first is believed. A failure leaves the store as it was; checkpoints stay.
 */
export async function runStage(request: RunStageRequest): Promise<StoredArtifact> {
  const { decision, store, parts } = request;
  const { node, key } = decision;
  if (key === undefined) throw new KdflowError("KDF_INTERNAL", `stage "${node.name}" has no key when it should run`);
  const lock = await store.lock(key.key, { signal: parts.signal });
  try {
    const checkpoints = openCheckpoints(store, key.key);
    if (request.forced) await checkpoints.beginForced("was to be made again");
    const forced = (await checkpoints.whyForced()) !== undefined;
    const other = forced ? undefined : await store.find(key.key);
    if (other !== undefined) return other;
    const artifact = await compute({ ...request, forced }, checkpoints, key.key);
    const trajectory = decision.trajectory;
    if (trajectory?.key !== undefined) {
      await checkpoints.moveLast(endFolder(store.layout, trajectory.key, trajectory.length, key.key));
    }
    await checkpoints.clear();
    return artifact;
  } finally {
    await lock.release();
  }
}

async function compute(
  { decision, forced, store, parts, values, loadBackend, numericClass }: RunStageRequest,
  checkpoints: ReturnType<typeof openCheckpoints>,
  key: string,
): Promise<StoredArtifact> {
  const { node } = decision;
  const provider = stageProvider(node);
  if (provider.numeric === true) await loadBackend();
  const transaction = await store.begin(key);
  const scratch = await store.scratch();
  try {
    const stored = openParts(store, {
      provider: provider.id,
      scope: scopeOf(provider, numericClass),
      stage: node.name,
      anew: forced,
    });
    const folders = {
      outputDir: transaction.directory,
      tmpDir: scratch.directory,
      checkpoints,
      trajectory: trajectoryStore(store, forced ? undefined : decision.trajectory),
      parts: stored,
    };
    const inputs = await values.inputsOf(node);
    const warnOfTensors = watchTensors(parts, node);
    await provider.run(node.options, inputs, stageContext(parts, node, folders));
    warnOfTensors();
    return await transaction.commit({
      kind: node.stage.kind,
      provider: provider.id,
      stage: node.name,
      replace: forced,
      ...(provider.volatile === undefined ? {} : { volatile: provider.volatile }),
    });
  } catch (error) {
    await transaction.abort();
    parts.signal.throwIfAborted();
    const explained = asPluginError(await explainDiskError(error, store.layout.root), node.registered, node.name);
    throw explained instanceof KdflowError ? locateError(explained, node) : explained;
  } finally {
    await scratch.remove();
  }
}

/** What decides a part's content beside its own identity. */
function scopeOf(provider: StageProvider<never, Options, unknown>, numericClass: string): Record<string, unknown> {
  return { cacheVersion: provider.cacheVersion, ...(provider.numeric ? { numericClass } : {}) };
}

function trajectoryStore(store: Store, trajectory: Decision["trajectory"]): TrajectoryStore {
  const { key, length } = trajectory ?? {};
  return {
    load: async () => (key === undefined || length === undefined ? undefined : loadEnd(store, key, length)),
  };
}
