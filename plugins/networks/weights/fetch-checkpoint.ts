import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { allowedHint, KdflowError, runtimeCacheFolder } from "../../../core/index.ts";
import { type KnownCheckpoint, knownCheckpoints } from "./known-checkpoints.ts";
import { maxFileBytes } from "./tensor-file.ts";

/** How long a server may take to answer; the file itself may take as long as the line needs. */
const patienceMs = 30_000;

/** @throws KDF_PLAN_OPTIONS for a name that is not in the table */
export function knownCheckpoint(name: string): KnownCheckpoint {
  const found = knownCheckpoints.get(name);
  if (found !== undefined) return found;
  throw new KdflowError("KDF_PLAN_OPTIONS", `"${name}" is no checkpoint that is known by name`, {
    hint: [
      allowedHint(name, [...knownCheckpoints.keys()]),
      "any other file: `weights: { path: <file>, sha256: <its digest> }`",
    ],
    option: "/weights",
  });
}

/** Where the file of a known checkpoint is kept. */
export function checkpointPath({ url }: KnownCheckpoint, cache: string = runtimeCacheFolder()): string {
  return join(cache, "weights", basename(new URL(url).pathname));
}

/**
 * The file of a known checkpoint and its SHA-256. It is downloaded once, into the cache, and its digest is compared
 * with what is published of it, whenever it is used.
 *
 * @param cache folder of the cache
 * @throws KDF_INPUT_DOWNLOAD, KDF_INPUT_SHA256
 */
export async function fetchCheckpoint(
  name: string,
  checkpoint: KnownCheckpoint = knownCheckpoint(name),
  cache: string = runtimeCacheFolder(),
): Promise<{ readonly path: string; readonly sha256: string }> {
  const path = checkpointPath(checkpoint, cache);
  const there = await readFile(path).catch(() => undefined);
  if (there !== undefined) return { path, sha256: checkedDigest(there, checkpoint, path) };
  const bytes = await download(name, checkpoint, path);
  const sha256 = checkedDigest(bytes, checkpoint, checkpoint.url);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return { path, sha256 };
}

function checkedDigest(bytes: Uint8Array, { sha256 }: KnownCheckpoint, from: string): string {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found.startsWith(sha256)) return found;
  const wanted = sha256.length === 64 ? `is ${sha256}` : `begins with ${sha256}`;
  throw new KdflowError("KDF_INPUT_SHA256", `"${from}" has the SHA-256 ${found}`, {
    hint: [`the published one ${wanted}: the file is damaged, or another one`, "remove it and run again"],
    option: "/weights",
  });
}

async function download(name: string, { url }: KnownCheckpoint, path: string): Promise<Uint8Array> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error(`no answer in ${patienceMs / 1000} s`)), patienceMs);
  try {
    const answer = await fetch(url, { signal: patience.signal }).finally(() => clearTimeout(timer));
    if (!answer.ok) throw new Error(`the server answers ${answer.status} ${answer.statusText}`.trim());
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.byteLength > maxFileBytes) throw new Error(`it has ${bytes.byteLength} bytes`);
    return bytes;
  } catch (cause) {
    throw new KdflowError("KDF_INPUT_DOWNLOAD", `"${name}" cannot be downloaded from ${url}: ${reason(cause)}`, {
      hint: [
        `on a machine with a network, download ${url}`,
        `put the file at ${path}, and run again; its digest is checked then`,
      ],
      option: "/weights",
      cause,
    });
  }
}

/** What `fetch` says lies in the cause of its error. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}
