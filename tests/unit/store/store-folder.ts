import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
