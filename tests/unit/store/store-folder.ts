import { lstat, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { StoredArtifact } from "../../../core/store/artifact.ts";
import { openStore, type Store } from "../../../core/store/store.ts";
import type { CommitDetails } from "../../../core/store/transaction.ts";

/** A folder of its own for one test, removed afterwards. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-store-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in a folder of its own that remembers what it warned of. */
export async function temporaryStore(root?: string): Promise<{ store: Store; warnings: string[] }> {
  const warnings: string[] = [];
  const store = await openStore(root ?? (await temporaryFolder()), {
    warn: (event, { message }) => warnings.push(`${event}: ${message}`),
  });
  return { store, warnings };
}

export async function commitFiles(
  store: Store,
  key: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  details: Partial<CommitDetails> = {},
): Promise<StoredArtifact> {
  const transaction = await store.begin(key);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(transaction.directory, path)), { recursive: true });
    await writeFile(join(transaction.directory, path), content);
  }
  return transaction.commit({ kind: "train", provider: "distill", ...details });
}

/** Flips a bit of a stored file as a disk does: nothing but the content tells. */
export async function rot(store: Store, key: string, path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
  const { mtimeNs, ctimeNs, ino } = await lstat(path, { bigint: true });
  const recordPath = join(store.layout.stats, `${key}.json`);
  const record = JSON.parse(await readFile(recordPath, "utf8")) as { files: Record<string, object> };
  record.files[basename(path)] = { mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), inode: String(ino) };
  await writeFile(recordPath, JSON.stringify(record));
}
