import { join } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";
import { isErrno } from "./disk-errors.ts";
import { isName } from "./layout.ts";
import { readJsonFile, UnfitFileError } from "./regular-file.ts";
import { sha256, sha256OfData } from "./sha256.ts";

export const MANIFEST_FILE = "manifest.json";
const FORMAT = 1;

/** One file of an artifact; `path` is relative, with `/`. */
export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** A measurement, such as a latency: kept and checked, but no part of the content digest. */
  readonly volatile?: true;
}

/** What `manifest.json` says; no time, host or path of a machine, so equal results have equal manifests. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly key: string;
  readonly kind: string;
  readonly provider: string;
  /** Sorted by path. */
  readonly files: readonly ManifestFile[];
  /** SHA-256 of the canonical list of files that are not volatile. */
  readonly contentDigest: string;
  /** Keys of the artifacts that this one needs, sorted. */
  readonly references: readonly string[];
  /** SHA-256 of the canonical JSON of all of the above. */
  readonly checksum: string;
}

export type ManifestBody = Omit<Manifest, "format" | "contentDigest" | "checksum">;

export function makeManifest(body: ManifestBody): Manifest {
  const files = [...body.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const references = [...new Set(body.references)].sort();
  const content = files.filter((file) => file.volatile !== true);
  const manifest = { format: FORMAT, ...body, files, references, contentDigest: sha256OfData(content) } as const;
  return { ...manifest, checksum: sha256OfData(manifest) };
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/**
 * Reads the manifest in a folder.
 *
 * @returns the manifest, or the reason why it cannot be trusted
 * @throws KDF_STORE_UNREADABLE where a newer kdflow wrote it; system errors other than a missing file
 */
export async function readManifest(folder: string, key: string): Promise<Manifest | string> {
  let manifest: Partial<Manifest> | null;
  try {
    manifest = (await readJsonFile(join(folder, MANIFEST_FILE))) as Partial<Manifest> | null;
    const { checksum, ...body } = manifest ?? {};
    if (checksum === undefined || checksum !== sha256OfData(body))
      return `${MANIFEST_FILE} does not match its checksum`;
  } catch (error) {
    if (error instanceof SyntaxError) return `${MANIFEST_FILE} is not JSON`;
    if (error instanceof RangeError) return `${MANIFEST_FILE} is nested too deep`;
    if (error instanceof UnfitFileError) return `${MANIFEST_FILE} ${error.message}`;
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return `${MANIFEST_FILE} is missing`;
    throw error;
  }
  const body = manifest ?? {};
  if (body.format !== FORMAT) {
    throw new KdflowError(
      "KDF_STORE_UNREADABLE",
      `"${folder}" has the format ${body.format}, this kdflow reads ${FORMAT}`,
      {
        hint: "use the newer kdflow that wrote it, or another --store",
      },
    );
  }
  if (body.key !== key) return `${MANIFEST_FILE} belongs to ${body.key}`;
  return isManifest(body) ? body : `${MANIFEST_FILE} has another form than a manifest`;
}

function isManifest(value: Partial<Manifest>): value is Manifest {
  const { kind, provider, contentDigest, files, references } = value;
  return (
    [kind, provider, contentDigest].every((text) => typeof text === "string") &&
    Array.isArray(references) &&
    references.every((key) => typeof key === "string" && isName(key)) &&
    Array.isArray(files) &&
    files.every((file: Partial<ManifestFile> | null) => isPathInside(file?.path) && Number.isSafeInteger(file?.bytes))
  );
}

/** Whether a text is a relative path that stays below its folder. */
function isPathInside(path: unknown): boolean {
  return typeof path === "string" && path.split("/").every((step) => step !== "" && step !== "." && step !== "..");
}

/** Total size of an artifact's files. */
export function bytesOf(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}

/** A short name for messages and folders; keys are long. */
export function shortKey(key: string): string {
  return key.length > 12 ? key.slice(0, 12) : key;
}

/** Digest of files given as bytes, in the form of a manifest's list. */
export function describeBytes(path: string, content: Uint8Array | string): ManifestFile {
  return { path, bytes: Buffer.byteLength(content), sha256: sha256(content) };
}
