import { join } from "node:path";
import { inodeOf } from "./artifact.ts";
import { readSnapshot, type Snapshot, verifyCheckpoints } from "./checkpoints.ts";
import { namesIn } from "./durable.ts";
import { assertName, type StoreLayout } from "./layout.ts";
import { shortKey } from "./manifest.ts";
import { setAside } from "./set-aside.ts";
import type { Store, Verification } from "./store.ts";

/** The last checkpoint of finished work, kept for longer work that begins in the same way. */
export interface TrajectoryEnd {
  readonly length: number;
  /** Key of the artifact that the work made; the end is kept as long as that is. */
  readonly key: string;
  readonly folder: string;
}

/**
 * Where the end of finished work is kept: `trajectories/<trajectory>/<length>-<key>/`. Work of another length has
 * another folder, so no run can take anything from another one, and the lock of the key holds for its own.
 */
export function endFolder(layout: StoreLayout, trajectory: string, length: number, key: string): string {
  assertName(trajectory);
  assertName(`${length}-${key}`);
  return join(layout.trajectories, trajectory, `${length}-${key}`);
}

/** The ends that a trajectory has, longest first. */
export async function endsOf(layout: StoreLayout, trajectory: string): Promise<readonly TrajectoryEnd[]> {
  const ends: TrajectoryEnd[] = [];
  for (const name of await namesIn(join(layout.trajectories, trajectory))) {
    const [, length, key] = /^([1-9][0-9]*)-(.+)$/.exec(name) ?? [];
    if (length === undefined || key === undefined) continue;
    ends.push({ length: Number(length), key, folder: join(layout.trajectories, trajectory, name) });
  }
  return ends.sort((a, b) => b.length - a.length);
}

/** The longest end that is not longer than `atMost`. Broken ones are set aside with a warning. */
export async function loadEnd(
  store: Store,
  trajectory: string,
  atMost: number,
): Promise<{ readonly length: number; readonly files: Snapshot } | undefined> {
  for (const end of await endsOf(store.layout, trajectory)) {
    const files = end.length > atMost ? undefined : await readEnd(store, end);
    if (files !== undefined) return { length: end.length, files };
  }
  return undefined;
}

/** Hashes every checkpoint and every kept end; see {@link Store.verify}. */
export async function verifySnapshots(store: Store, signal?: AbortSignal): Promise<readonly Verification[]> {
  const results: Verification[] = [];
  for (const key of await namesIn(store.layout.checkpoints)) {
    signal?.throwIfAborted();
    results.push(...(await verifyCheckpoints(store, key)));
  }
  for (const trajectory of await namesIn(store.layout.trajectories)) {
    for (const end of await endsOf(store.layout, trajectory)) {
      signal?.throwIfAborted();
      const problems: string[] = [];
      const files = await readEnd(store, end, (problem) => problems.push(problem));
      if (files === undefined && problems.length === 0) continue;
      results.push({ key: end.key, kind: "trajectory", problems, movedTo: undefined });
    }
  }
  return results;
}

/** A forced run may put its own end in the place of the one that is being read; then that one is read. */
async function readEnd(
  store: Store,
  { folder, key, length }: TrajectoryEnd,
  onProblem: (problem: string) => void = () => undefined,
): Promise<Snapshot | undefined> {
  for (;;) {
    const inode = await inodeOf(folder);
    if (inode === undefined) return undefined;
    const snapshot = await readSnapshot(folder, key);
    if (typeof snapshot !== "string") return snapshot;
    if ((await inodeOf(folder)) !== inode) continue;
    const movedTo = await setAside(store.layout, folder, `trajectory-${key}-${length}`, inode);
    onProblem(snapshot);
    store.warn("trajectoryDamaged", {
      message: `the kept end of ${shortKey(key)} is damaged: ${snapshot}; longer work cannot go on from it`,
      key,
      movedTo,
    });
    return undefined;
  }
}
