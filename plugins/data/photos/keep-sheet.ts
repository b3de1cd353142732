import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A sheet of pictures that lies in the store as a part. */
export interface StoredSheet {
  /** The part's key. */
  readonly key: string;
  /** Path of the picture. */
  readonly file: string;
}

/**
 * Lets the result in `outputDir` refer to its sheet, so that a collection keeps the sheet as long as the result; the
 * result is whole without it.
 */
export async function keepSheet(outputDir: string, { key }: StoredSheet): Promise<void> {
  await writeFile(join(outputDir, "references.json"), `${JSON.stringify([{ keep: key }])}\n`);
}
