import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";
import { artifactOf, inodeOf, type StoredArtifact } from "./artifact.ts";
import { onDisk } from "./disk-errors.ts";
import { renameToFree, syncFolder, writeDurably } from "./durable.ts";
import { hashAndSync } from "./file-tree.ts";
import { findArtifact } from "./find.ts";
import { isName, type StoreLayout } from "./layout.ts";
import { MANIFEST_FILE, makeManifest, manifestText } from "./manifest.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { readReferences } from "./references-file.ts";
import { replaceArtifact } from "./replace.ts";
import { createScratch, type Scratch } from "./scratch.ts";
import type { Warn } from "./set-aside.ts";
import { writeStatRecord } from "./stat-record.ts";

export interface CommitDetails {
  readonly kind: string;
  readonly provider: string;
  /** Name of the stage, for lists; no part of the artifact. */
  readonly stage?: string | undefined;
  /** Keys of artifacts that this one needs, beside those in its `references.json`. */
  readonly references?: readonly string[] | undefined;
  /** Paths of measurements: stored, but no part of the content digest. */
  readonly volatile?: readonly string[] | undefined;
  /** Put it in the place of one that is there and differs (a forced run). An equal one stays: others may use it. */
  readonly replace?: boolean | undefined;
}

/** An artifact in the making. */
export interface Transaction {
  readonly key: string;
  /** Where to write its files. */
  readonly directory: string;
  /**
   * Makes the files durable and the artifact visible, as one. Where another run has committed the same key meanwhile,
   * that one is kept and ours is dropped. On failure nothing is kept.
   *
   * @throws KDF_STORE_DISK_FULL, KDF_STORE_UNREADABLE, KDF_PLUGIN_PROVIDER for output that cannot be stored
   */
  commit(details: CommitDetails): Promise<StoredArtifact>;
  /** Drops what was written; does nothing after a commit. */
  abort(): Promise<void>;
}

export async function beginTransaction(
  layout: StoreLayout,
  self: ProcessIdentity,
  key: string,
  warn: Warn,
): Promise<Transaction> {
  const scratch = await onDisk(layout.root, () => createScratch(layout, self));
  return {
    key,
    directory: scratch.directory,
    abort: () => scratch.remove(),
    commit: async (details) => {
      try {
        return await onDisk(layout.root, () => commit(layout, { key, scratch, details, warn }));
      } finally {
        await scratch.remove();
      }
    },
  };
}

interface Commit {
  readonly key: string;
  readonly scratch: Scratch;
  readonly details: CommitDetails;
  readonly warn: Warn;
}

async function commit(layout: StoreLayout, work: Commit): Promise<StoredArtifact> {
  const { key, scratch, details, warn } = work;
  const { directory } = scratch;
  await assertNoManifest(directory);
  const references = [...(details.references ?? []), ...(await readReferences(directory))];
  await assertThere(layout, references);

  const hashed = await hashAndSync(directory);
  const volatile = new Set(details.volatile);
  const files = hashed.map(({ path, bytes, sha256 }) =>
    volatile.has(path) ? ({ path, bytes, sha256, volatile: true } as const) : { path, bytes, sha256 },
  );
  const manifest = makeManifest({ key, kind: details.kind, provider: details.provider, files, references });
  await writeDurably(join(directory, MANIFEST_FILE), manifestText(manifest));
  await syncFolder(directory);

  const target = join(layout.artifacts, key);
  if (details.replace === true) {
    const existing = await findArtifact(layout, key, warn);
    if (existing?.checksum === manifest.checksum) return existing;
    await replaceArtifact(layout, key, directory);
  } else {
    while (!(await renameToFree(directory, target))) {
      const existing = await findArtifact(layout, key, warn);
      if (existing !== undefined) return existing;
    }
  }
  await syncFolder(layout.artifacts);
  await writeStatRecord(layout, key, hashed, details.stage);
  return artifactOf(target, manifest, { stage: details.stage });
}

async function assertNoManifest(directory: string): Promise<void> {
  const found = await lstat(join(directory, MANIFEST_FILE)).catch(() => undefined);
  if (found !== undefined) {
    throw new KdflowError("KDF_PLUGIN_PROVIDER", `a stage wrote "${MANIFEST_FILE}", the name of the store's own file`, {
      hint: "give the file another name",
    });
  }
}

async function assertThere(layout: StoreLayout, references: readonly string[]): Promise<void> {
  for (const reference of references) {
    if (!isName(reference) || (await inodeOf(join(layout.artifacts, reference))) === undefined) {
      throw new KdflowError("KDF_PLUGIN_PROVIDER", `a result refers to "${reference}", which is not in the store`, {
        hint: "commit a part before the artifact that needs it",
      });
    }
  }
}
