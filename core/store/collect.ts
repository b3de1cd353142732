import { join } from "node:path";
import { listArtifacts, type StoredArtifact } from "./artifact.ts";
import { bytesIn, namesIn, removeAtOnce, removeTree } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";
import { removeStatRecord } from "./stat-record.ts";

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
  const unfinished = checkpoints ? (await namesIn(layout.checkpoints)).filter((key) => !needed.has(key)) : [];

  let freedBytes = removed.reduce((sum, { bytes }) => sum + bytes, 0) + (await bytesIn(layout.damaged));
  for (const key of unfinished) freedBytes += await bytesIn(join(layout.checkpoints, key));

  if (!dryRun) {
    for (const { key, directory } of removed) {
      await removeAtOnce(layout, directory);
      await removeStatRecord(layout, key);
    }
    for (const key of unfinished) await removeAtOnce(layout, join(layout.checkpoints, key));
    for (const name of await namesIn(layout.damaged)) await removeTree(join(layout.damaged, name));
  }
  return { removed, kept: artifacts.filter(({ key }) => needed.has(key)), checkpoints: unfinished, freedBytes };
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
