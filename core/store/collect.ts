import { join } from "node:path";
import { listArtifacts, type StoredArtifact } from "./artifact.ts";
import { bytesIn, namesIn, removeAtOnce, removeTree } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";
import { removeStatRecord } from "./stat-record.ts";
import { endsOf, type TrajectoryEnd } from "./trajectories.ts";

export interface CollectOptions {
  /** Keys to keep; what they refer to is kept too. */
  readonly keep: Iterable<string>;
  /** Only say what would go. */
  readonly dryRun?: boolean | undefined;
  /** Also remove the checkpoints of keys that are not kept: unfinished work. */
  readonly checkpoints?: boolean | undefined;
}

export interface Collection {
  readonly removed: readonly StoredArtifact[];
  readonly kept: readonly StoredArtifact[];
  /** Keys whose checkpoints went. */
  readonly checkpoints: readonly string[];
  /** Keys of the results whose ends, kept for longer work, went. */
  readonly ends: readonly string[];
  /** Including what had been set aside as damaged, which always goes. */
  readonly freedBytes: number;
}

/** Removes what nothing kept needs. The caller makes sure that nobody uses the store meanwhile. */
export async function collect(
  layout: StoreLayout,
  { keep, dryRun = false, checkpoints = false }: CollectOptions,
): Promise<Collection> {
  const artifacts = await listArtifacts(layout);
  const needed = reachable(artifacts, keep);
  const removed = artifacts.filter(({ key }) => !needed.has(key));
  const kept = artifacts.filter(({ key }) => needed.has(key));
  const unfinished = checkpoints ? (await namesIn(layout.checkpoints)).filter((key) => !needed.has(key)) : [];
  const ends = await endsWithout(layout, new Set(kept.map(({ key }) => key)));
  const goes = [...unfinished.map((key) => join(layout.checkpoints, key)), ...ends.map(({ folder }) => folder)];

  let freedBytes = removed.reduce((sum, { bytes }) => sum + bytes, 0) + (await bytesIn(layout.damaged));
  for (const folder of goes) freedBytes += await bytesIn(folder);

  if (!dryRun) {
    for (const { key, directory } of removed) {
      await removeAtOnce(layout, directory);
      await removeStatRecord(layout, key);
    }
    for (const folder of goes) await removeAtOnce(layout, folder);
    await removeEmptyTrajectories(layout);
    for (const name of await namesIn(layout.damaged)) await removeTree(join(layout.damaged, name));
  }
  return { removed, kept, checkpoints: unfinished, ends: ends.map(({ key }) => key), freedBytes };
}

/** The kept ends of work whose result is not there, or goes. */
async function endsWithout(layout: StoreLayout, kept: ReadonlySet<string>): Promise<readonly TrajectoryEnd[]> {
  const ends: TrajectoryEnd[] = [];
  for (const trajectory of await namesIn(layout.trajectories)) ends.push(...(await endsOf(layout, trajectory)));
  return ends.filter(({ key }) => !kept.has(key));
}

async function removeEmptyTrajectories(layout: StoreLayout): Promise<void> {
  for (const trajectory of await namesIn(layout.trajectories)) {
    const folder = join(layout.trajectories, trajectory);
    if ((await namesIn(folder)).length === 0) await removeTree(folder);
  }
}

function reachable(artifacts: readonly StoredArtifact[], keep: Iterable<string>): ReadonlySet<string> {
  const references = new Map(artifacts.map((artifact) => [artifact.key, artifact.references]));
  const needed = new Set<string>();
  const open = [...keep];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (needed.has(key)) continue;
    needed.add(key);
    open.push(...(references.get(key) ?? []));
  }
  return needed;
}
