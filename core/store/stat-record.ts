import { rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "./durable.ts";
import type { FileFacts } from "./file-tree.ts";
import type { StoreLayout } from "./layout.ts";
import { readJsonFile } from "./regular-file.ts";

/**
 * What an artifact's files looked like when they were last hashed, kept outside the artifact because times and inodes
 * are no content. Nothing is lost with it: without a record, or where one differs, the file is hashed again.
 */
export interface StatRecord {
  /** The name of the stage that first made the artifact; for lists. */
  readonly stage?: string | undefined;
  readonly files: Readonly<Record<string, Omit<FileFacts, "path" | "bytes">>>;
}

export async function readStatRecord(layout: StoreLayout, key: string): Promise<StatRecord> {
  try {
    const record = (await readJsonFile(pathOf(layout, key))) as Partial<StatRecord> | null;
    const files = typeof record?.files === "object" && record.files !== null ? record.files : {};
    return typeof record?.stage === "string" ? { stage: record.stage, files } : { files };
  } catch {
    return { files: {} };
  }
}

/** Writes the record; a failure only costs hashing later. */
export async function writeStatRecord(
  layout: StoreLayout,
  key: string,
  files: readonly FileFacts[],
  stage: string | undefined,
): Promise<void> {
  const record: StatRecord = {
    ...(stage === undefined ? {} : { stage }),
    files: Object.fromEntries(files.map(({ path, mtimeNs, ctimeNs, inode }) => [path, { mtimeNs, ctimeNs, inode }])),
  };
  await replaceFile(layout, pathOf(layout, key), `${JSON.stringify(record)}\n`).catch(() => undefined);
}

export async function removeStatRecord(layout: StoreLayout, key: string): Promise<void> {
  await rm(pathOf(layout, key), { force: true });
}

/** Whether a file is as it was when it was last hashed. */
export function isUntouched(record: StatRecord, { path, mtimeNs, ctimeNs, inode }: FileFacts): boolean {
  const known = Object.hasOwn(record.files, path) ? record.files[path] : undefined;
  return known?.mtimeNs === mtimeNs && known.ctimeNs === ctimeNs && known.inode === inode;
}

function pathOf(layout: StoreLayout, key: string): string {
  return join(layout.stats, `${key}.json`);
}
