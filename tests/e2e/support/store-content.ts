import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

interface Manifest {
  readonly kind: string;
  readonly contentDigest: string;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly volatile?: boolean }[];
}

/** Every artifact of a store: key → content digest and the digests of its files, measurements left out. */
export async function storeContent(folder: string): Promise<Record<string, unknown>> {
  const store = join(folder, ".kdflow/store");
  const content: Record<string, unknown> = {};
  for (const key of (await readdir(store)).sort()) {
    const manifest = JSON.parse(await readFile(join(store, key, "manifest.json"), "utf8")) as Manifest;
    const files = manifest.files
      .filter((file) => file.volatile !== true)
      .map(({ path, sha256 }) => `${path} ${sha256}`);
    content[key] = { kind: manifest.kind, digest: manifest.contentDigest, files };
  }
  return content;
}
