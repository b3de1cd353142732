import { cp } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";
import { MANIFEST_FILE } from "../store/manifest.ts";

/**
 * Copies a stored export to the folder that its stage names; files that are there under the same names are replaced.
 *
 * @returns the folder, the stored one where none is named
 */
export async function placeExport(stored: string, to: string | undefined, baseDir: string): Promise<string> {
  if (to === undefined) return stored;
  const folder = resolve(baseDir, to);
  const filter = (path: string): boolean => basename(path) !== MANIFEST_FILE;
  await cp(stored, folder, { recursive: true, filter }).catch((cause: unknown) => {
    const message = `the export cannot be put into "${folder}": ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new KdflowError("KDF_EXPORT_PLACE", message, {
      hint: `it is whole in "${stored}"; name another \`to\``,
      cause,
    });
  });
  return folder;
}
