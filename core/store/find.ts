import { join } from "node:path";
import { type Inspection, type InspectMode, inodeOf, inspectArtifact, type StoredArtifact } from "./artifact.ts";
import type { StoreLayout } from "./layout.ts";
import { shortKey } from "./manifest.ts";
import { onlyKeeps } from "./references-file.ts";
import { restoreReplaced } from "./replace.ts";
import { setAside, type Warn } from "./set-aside.ts";
import { removeStatRecord } from "./stat-record.ts";

/** How closely artifacts are looked at. */
export interface Look {
  readonly mode: InspectMode;
  /** Checksums of manifests whose files this process hashed already, by key; `hash` leaves those out and adds to it. */
  readonly hashed: Map<string, string>;
}

/**
 * Finds an artifact that can be used: its manifest is sound, its files are there as they were committed, and so are
 * the artifacts that it needs. Anything else is set aside with a warning, so that the key is free to be made again.
 */
export async function findArtifact(
  layout: StoreLayout,
  key: string,
  warn: Warn,
  look: Look = { mode: "stat", hashed: new Map() },
  above: readonly string[] = [],
): Promise<StoredArtifact | undefined> {
  const inspection = await inspectStill(layout, key, look.mode, undefined, look.hashed);
  if (inspection.state === "absent") return undefined;
  if (inspection.state === "damaged") {
    await setArtifactAside(layout, key, inspection, warn);
    return undefined;
  }
  for (const reference of inspection.artifact.references) {
    if (above.includes(reference)) continue;
    if ((await findArtifact(layout, reference, warn, look, [...above, key])) !== undefined) continue;
    if (await onlyKeeps(inspection.artifact.directory, reference)) continue;
    const inode = await inodeOf(inspection.artifact.directory);
    if (inode === undefined) return undefined;
    const problems = [`${shortKey(reference)}, which it needs, is missing or damaged`];
    await setArtifactAside(layout, key, { problems, inode, kind: inspection.artifact.kind }, warn);
    return undefined;
  }
  return inspection.artifact;
}

/** Looks in a row that have to find nothing. */
const surelyAbsent = 4;

/**
 * Inspects an artifact; one that a forced run replaces meanwhile is looked at anew, so that two are never mixed up. File
 * systems give a new folder the inode of one just removed, so damage counts when a second look finds the same.
 */
export async function inspectStill(
  layout: StoreLayout,
  key: string,
  mode: InspectMode,
  signal?: AbortSignal,
  hashed?: Map<string, string>,
): Promise<Inspection> {
  const directory = join(layout.artifacts, key);
  let seen = "";
  for (let absences = 0; ; ) {
    const inspection = await inspectArtifact(layout, key, mode, signal, hashed);
    if (inspection.state === "whole") return inspection;
    if (inspection.state === "absent") {
      const restored = await restoreReplaced(layout, key);
      // A look may fall between two renames, and the next one between those of the next replacement.
      if (!restored && (await inodeOf(directory)) === undefined && ++absences === surelyAbsent) return inspection;
    } else {
      const damage = [inspection.inode, inspection.digest, ...inspection.problems].join("\n");
      if (damage === seen && (await inodeOf(directory)) === inspection.inode) return inspection;
      seen = damage;
    }
  }
}

/** @returns where the artifact is now, or `undefined` where it was gone already */
export async function setArtifactAside(
  layout: StoreLayout,
  key: string,
  { problems, inode, kind }: Omit<Extract<Inspection, { state: "damaged" }>, "state">,
  warn: Warn,
): Promise<string | undefined> {
  const movedTo = await setAside(layout, join(layout.artifacts, key), key, inode);
  if (movedTo === undefined) return undefined;
  await removeStatRecord(layout, key);
  const what = kind === undefined ? "a stored result" : `a stored ${kind} result`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  warn("storeDamaged", {
    message: `${what} (${shortKey(key)}) is damaged: ${problems[0]}${more}; it was set aside and will be made again`,
    key,
    problems,
    movedTo,
  });
  return movedTo;
}
