import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { KdflowError, nearestName } from "../../../core/index.ts";
import { className, joinedClassNotes } from "./class-words.ts";
import { eachAtOnce } from "./each-at-once.ts";
import { type ListRow, readListRows } from "./list-rows.ts";
import type { PhotoEntry, PhotoListing } from "./photo-entries.ts";

/** A row with the file that it names, found. */
interface FoundRow extends ListRow {
  readonly file: string;
  readonly className: string;
}

/**
 * Images named by a file: CSV with the header `path,label` or `path,label,split`, or JSON, a list of objects with the
 * same keys. Paths start at `root`, by default the list's own folder. Classes are the sorted labels of all rows; those
 * that look the same are one. A file that is named twice is taken once.
 *
 * @throws KDF_INPUT_MISSING_FILE for the list or an image, KDF_INPUT_FORMAT for columns and values, KDF_INPUT_EMPTY,
 *   KDF_INPUT_CLASSES for a class without training images; a file with two labels or
 *   in two splits is KDF_INPUT_FORMAT
 */
export async function listFromFile(file: string, root: string | undefined): Promise<PhotoListing> {
  const rows = await readListRows(file);
  const base = root ?? dirname(file);
  const found = await eachAtOnce(rows, async (row): Promise<FoundRow> => {
    const name = className(row.label);
    if (name === "") throw new KdflowError("KDF_INPUT_FORMAT", `${row.place} has no text as its label`);
    return { ...row, className: name, file: await fileOf(row, base) };
  });
  const joined = joinedClassNotes(rows.map(({ label, place }) => ({ name: label, place })));
  const once = eachFileOnce(found);
  assertTrained(once);
  const named = new Set(once.flatMap(({ split }) => (split === undefined || split === "train" ? [] : [split])));
  return {
    classNames: [...new Set(once.map((row) => row.className))].sort((a, b) => (a < b ? -1 : 1)),
    entries: once.map((row): PhotoEntry => {
      // a training image may still be drawn into a split that the list does not name
      return { path: row.file, className: row.className, split: row.split === "train" ? undefined : row.split };
    }),
    given: named,
    notes: [...joined, ...repeatNotes(found.length - once.length, file)],
  };
}

/** The path of a row's image; accents in file names are written in two ways, and a list may have the other one. */
async function fileOf({ path, place }: ListRow, base: string): Promise<string> {
  for (const spelling of new Set([path, path.normalize("NFC"), path.normalize("NFD")])) {
    const found = await stat(resolve(base, spelling)).catch(() => undefined);
    if (found?.isFile() === true) return resolve(base, spelling);
  }
  throw new KdflowError("KDF_INPUT_MISSING_FILE", `${place} names "${resolve(base, path)}", which is not there`, {
    hint: "paths start at `root`, or at the list's own folder",
  });
}

function eachFileOnce(rows: readonly FoundRow[]): readonly FoundRow[] {
  const byFile = new Map<string, FoundRow>();
  for (const row of rows) {
    const before = byFile.get(row.file);
    if (before === undefined) byFile.set(row.file, row);
    else if (before.className !== row.className) throw contradiction(row, before, "labels", [before.label, row.label]);
    else if (before.split !== row.split) {
      throw contradiction(row, before, "splits", [before.split ?? "none", row.split ?? "none"]);
    }
  }
  return [...byFile.values()];
}

function contradiction(row: FoundRow, before: FoundRow, what: string, values: readonly string[]): KdflowError {
  const both = values.map((value) => `"${value}"`).join(" and ");
  return new KdflowError("KDF_INPUT_FORMAT", `${row.place} names "${row.path}" again, with two ${what}: ${both}`, {
    hint: `it stands in ${before.place} already; remove one of them`,
  });
}

/** Every class must have training images, or images that may be drawn for training. */
function assertTrained(rows: readonly FoundRow[]): void {
  const trained = new Set(
    rows.filter(({ split }) => split === undefined || split === "train").map((row) => row.className),
  );
  // lists without any training images are told elsewhere
  const lost = trained.size === 0 ? undefined : rows.find((row) => !trained.has(row.className));
  if (lost === undefined) return;
  const nearest = nearestName(lost.className, [...trained]);
  throw new KdflowError("KDF_INPUT_CLASSES", `${lost.place} has a class "${lost.className}" that no training row has`, {
    hint: nearest === undefined ? "add training images of it, or remove the row" : `did you mean "${nearest}"?`,
  });
}

function repeatNotes(count: number, file: string): readonly string[] {
  if (count === 0) return [];
  return [`${count} ${count === 1 ? "row" : "rows"} of "${file}" name an image again and are left out`];
}
