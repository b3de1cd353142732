import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";
import { isErrno } from "./disk-errors.ts";
import { replaceFile } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";
import { readJsonFile } from "./regular-file.ts";
import { sha256, sha256OfFile } from "./sha256.ts";

const FORMAT = 2;
/** Enough for data sets of one file per image. */
const MAX_ENTRIES = 262_144;
const SAVE_EVERY_MS = 2000;
/** Saving takes this share of the time at most: the file of a large data set is large. */
const SAVE_SHARE = 0.05;
/** A file younger than this may change again within one tick of its file system's clock; its digest is not kept. */
const SETTLED_MS = 2000;
const ATTEMPTS = 3;

/** Size, times of modification and change, and inode of a file in one text; equal text, equal content. */
type Entry = { readonly stamp: string; readonly sha256: string };

/** Digests of files outside the store, remembered from run to run. */
export class DigestCache {
  readonly #layout: StoreLayout;
  readonly #entries: Map<string, Entry>;
  #unsaved = false;
  #saveAfter = 0;

  private constructor(layout: StoreLayout, entries: Map<string, Entry>) {
    this.#layout = layout;
    this.#entries = entries;
  }

  static async open(layout: StoreLayout): Promise<DigestCache> {
    return new DigestCache(layout, await readEntries(layout.digests));
  }

  /**
   * SHA-256 of a file's content.
   *
   * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT where it is no file or keeps changing
   */
  async digestOf(path: string, signal?: AbortSignal): Promise<string> {
    const absolute = resolve(path);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await stampOf(absolute);
      const known = this.#entries.get(absolute);
      if (known?.stamp === before.stamp) return known.sha256;
      const startedAt = Date.now();
      const sha256 = await sha256OfFile(absolute, signal);
      if ((await stampOf(absolute)).stamp !== before.stamp) continue;
      if (startedAt - before.mtimeMs > SETTLED_MS) await this.#remember(absolute, { stamp: before.stamp, sha256 });
      return sha256;
    }
    throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" keeps changing while it is read`, {
      hint: "wait until whatever writes it has ended",
    });
  }

  /** Writes what is new. A failure only costs hashing later. */
  async save(): Promise<void> {
    if (!this.#unsaved) return;
    this.#unsaved = false;
    this.#saveAfter = Number.POSITIVE_INFINITY;
    const startedAt = Date.now();
    const entries = JSON.stringify(Object.fromEntries(this.#entries));
    const text = `{"format":${FORMAT},"checksum":"${sha256(entries)}","entries":${entries}}`;
    await replaceFile(this.#layout, this.#layout.digests, `${text}\n`).catch(() => undefined);
    const endedAt = Date.now();
    this.#saveAfter = endedAt + Math.max(SAVE_EVERY_MS, (endedAt - startedAt) / SAVE_SHARE);
  }

  async #remember(path: string, entry: Entry): Promise<void> {
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    this.#unsaved = true;
    if (Date.now() > this.#saveAfter) await this.save();
  }
}

async function stampOf(path: string): Promise<{ stamp: string; mtimeMs: number }> {
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" is not a file`);
    return { stamp: `${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}:${stats.ino}`, mtimeMs: Number(stats.mtimeMs) };
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) throw error;
    const why = isErrno(error, "EACCES") ? "cannot be read" : "is not there";
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${path}" ${why}`, { cause: error });
  }
}

/** The entries of an earlier run; none where the file is missing, broken or of another format. */
async function readEntries(path: string): Promise<Map<string, Entry>> {
  try {
    const saved = (await readJsonFile(path)) as { format?: unknown; checksum?: unknown; entries?: unknown } | null;
    if (saved?.format !== FORMAT || typeof saved.entries !== "object" || saved.entries === null) return new Map();
    if (saved.checksum !== sha256(JSON.stringify(saved.entries))) return new Map();
    return new Map(Object.entries(saved.entries).filter((pair): pair is [string, Entry] => isEntry(pair[1])));
  } catch {
    return new Map();
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null) return false;
  const { stamp, sha256 } = value as Partial<Entry>;
  return typeof stamp === "string" && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
}
