import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { eachAtOnce } from "../photos/each-at-once.ts";
import { isPhoto, photosUnder } from "../photos/photo-entries.ts";
import { decodeText } from "../samples/text-file.ts";
import { firstThere } from "./photo-finder.ts";

/**
 * The photos of a folder and those below it, or of a `.txt` list.
 *
 * @param place that is there
 * @throws KDF_INPUT_MISSING_FILE for a list that names a photo which is not there
 */
export async function photosAt(place: string): Promise<readonly string[]> {
  return (await stat(place)).isDirectory() ? photosUnder(place) : photosInList(place);
}

/** A `.txt` list of photos, relative to itself, to the folder above it, or absolute. */
async function photosInList(list: string): Promise<string[]> {
  const lines = decodeText(list, await readFile(list))
    .split(/\r?\n/)
    .map((line) => line.trim());
  return eachAtOnce(
    lines.filter((line) => line !== ""),
    async (line) => {
      const base = dirname(list);
      const found = await firstThere([resolve(base, line), resolve(base, "..", line)]);
      if (found !== undefined && isPhoto(found)) return found;
      throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${list}" names the photo "${line}", which is not there`, {
        hint: "paths of a list are relative to the list",
      });
    },
  );
}
