import { lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./disk-errors.ts";
import { namesIn } from "./durable.ts";
import { type FileFacts, factsOf } from "./file-tree.ts";
import type { StoreLayout } from "./layout.ts";
import { bytesOf, type Manifest, type ManifestFile, readManifest } from "./manifest.ts";
import { sha256OfFile } from "./sha256.ts";
import { isUntouched, readStatRecord, type StatRecord, writeStatRecord } from "./stat-record.ts";

/** A committed artifact, as its manifest describes it. */
export interface StoredArtifact {
  readonly key: string;
  readonly kind: string;
  readonly provider: string;
  /** Absolute path; its files are never changed. */
  readonly directory: string;
  /** Content digest: what the keys of later stages are made from. */
  readonly digest: string;
  /** Of the whole manifest: equal for artifacts whose files are equal, measurements included. */
  readonly checksum: string;
  /** Of all files together. */
  readonly bytes: number;
  readonly files: readonly ManifestFile[];
  /** Keys of the artifacts that this one needs. */
  readonly references: readonly string[];
  /** The stage that first made it, where that is still known; for lists. */
  readonly stage: string | undefined;
}

export type Inspection =
  | { readonly state: "absent" }
  | { readonly state: "whole"; readonly artifact: StoredArtifact }
  | {
      readonly state: "damaged";
      readonly problems: readonly string[];
      /** Of the folder that was looked at; another process may have put a whole one in its place since. */
      readonly inode: bigint;
      readonly kind: string | undefined;
      /** Content digest of what it should be. */
      readonly digest?: string | undefined;
    };

/** `stat`: sizes, and content only of files touched since they were hashed; `hash`: all content. */
export type InspectMode = "stat" | "hash";

/**
 * Compares an artifact with its manifest.
 *
 * @param hashed what this process hashed already; see `Look`
 */
export async function inspectArtifact(
  layout: StoreLayout,
  key: string,
  mode: InspectMode,
  signal?: AbortSignal,
  hashed?: Map<string, string>,
): Promise<Inspection> {
  const directory = join(layout.artifacts, key);
  const inode = await inodeOf(directory);
  if (inode === undefined) return { state: "absent" };
  const manifest = await readManifest(directory, key);
  if (typeof manifest === "string") return { state: "damaged", problems: [manifest], inode, kind: undefined };

  const record = await readStatRecord(layout, key);
  const problems: string[] = [];
  const seen: FileFacts[] = [];
  let anyHashed = false;
  for (const file of manifest.files) {
    const facts = await statOf(directory, file, problems);
    if (facts === undefined) continue;
    seen.push(facts);
    const known = mode === "stat" || hashed?.get(key) === manifest.checksum;
    if (known && isUntouched(record, facts)) continue;
    anyHashed = true;
    if ((await hashOf(join(directory, file.path), signal)) !== file.sha256) {
      problems.push(`"${file.path}" has other content than when it was committed`);
    }
  }
  if (problems.length > 0)
    return { state: "damaged", problems, inode, kind: manifest.kind, digest: manifest.contentDigest };
  if (anyHashed) await writeStatRecord(layout, key, seen, record.stage);
  if (mode === "hash") hashed?.set(key, manifest.checksum);
  return { state: "whole", artifact: artifactOf(directory, manifest, record) };
}

/** Describes every artifact with a sound manifest, without looking at its files. */
export async function listArtifacts(layout: StoreLayout): Promise<StoredArtifact[]> {
  const artifacts: StoredArtifact[] = [];
  for (const key of await namesIn(layout.artifacts)) {
    const directory = join(layout.artifacts, key);
    const manifest = await readManifest(directory, key);
    if (typeof manifest !== "string") {
      artifacts.push(artifactOf(directory, manifest, await readStatRecord(layout, key)));
    }
  }
  return artifacts;
}

export function artifactOf(directory: string, manifest: Manifest, record: Pick<StatRecord, "stage">): StoredArtifact {
  const { key, kind, provider, files, references, contentDigest, checksum } = manifest;
  const bytes = bytesOf(manifest);
  const { stage } = record;
  return { key, kind, provider, directory, digest: contentDigest, checksum, bytes, files, references, stage };
}

/** The inode of a folder, or `undefined` where there is none. */
export async function inodeOf(folder: string): Promise<bigint | undefined> {
  try {
    return (await stat(folder, { bigint: true })).ino;
  } catch (error) {
    // What leads nowhere is there all the same, and can be set aside.
    if (isErrno(error, "ENOENT", "ELOOP")) return (await lstat(folder, { bigint: true }).catch(() => undefined))?.ino;
    throw error;
  }
}

/** The digest of a file, or `undefined` where it vanished meanwhile. */
async function hashOf(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  return sha256OfFile(path, signal).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  });
}

async function statOf(directory: string, file: ManifestFile, problems: string[]): Promise<FileFacts | undefined> {
  try {
    const facts = await factsOf(directory, file.path);
    if (facts?.bytes === file.bytes) return facts;
    problems.push(
      facts === undefined
        ? `"${file.path}" is not a file`
        : `"${file.path}" has ${facts.bytes} bytes, the manifest says ${file.bytes}`,
    );
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
    problems.push(`"${file.path}" is missing`);
  }
  return undefined;
}
