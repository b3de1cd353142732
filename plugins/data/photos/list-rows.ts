import { extname } from "node:path";
import { KdflowError, type SplitName } from "../../../core/index.ts";
import { readTextFile } from "../samples/text-file.ts";
import { parseCsv } from "./csv.ts";

const columns = ["path", "label", "split"] as const;
const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/** One line of a list. */
export interface ListRow {
  /** Such as `line 3 of "list.csv"`. */
  readonly place: string;
  readonly path: string;
  readonly label: string;
  readonly split: SplitName | undefined;
}

/**
 * The rows of a CSV or JSON list.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT for encoding, columns and values, KDF_INPUT_EMPTY
 */
export async function readListRows(file: string): Promise<readonly ListRow[]> {
  const text = await readTextFile(file, "`list` is relative to the pipeline file");
  const rows = extname(file).toLowerCase() === ".json" ? jsonRows(file, text) : csvRows(file, text);
  if (rows.length === 0) throw new KdflowError("KDF_INPUT_EMPTY", `"${file}" names no images`);
  return rows;
}

function csvRows(file: string, text: string): ListRow[] {
  const [header, ...lines] = parseCsv(text);
  const names = header?.cells ?? [];
  const fits = names.length >= 2 && names.length <= 3 && names.every((name, at) => name === columns[at]);
  if (!fits) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" has the columns ${quoted(names)}`, {
      hint: "the first line must be `path,label` or `path,label,split`",
    });
  }
  return lines.map(({ line, cells }) => {
    const place = `line ${line} of "${file}"`;
    if (cells.length !== names.length) {
      throw new KdflowError("KDF_INPUT_FORMAT", `${place} has ${cells.length} columns, wanted ${names.length}`, {
        hint: "a path or label with a comma in it stands in double quotes",
      });
    }
    return rowOf(place, cells[0], cells[1], cells[2] === "" ? undefined : cells[2]);
  });
}

function jsonRows(file: string, text: string): ListRow[] {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (cause) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" is not JSON: ${(cause as Error).message}`, { cause });
  }
  const hint = 'wanted a list such as [{ "path": "a.jpg", "label": "cat", "split": "train" }]; `split` may be left out';
  if (!Array.isArray(rows)) throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" holds no list`, { hint });
  return rows.map((row: unknown, at) => {
    const place = `entry ${at} of "${file}"`;
    if (typeof row !== "object" || row === null) {
      throw new KdflowError("KDF_INPUT_FORMAT", `${place} is not an object`, { hint });
    }
    const unknown = Object.keys(row).find((key) => !(columns as readonly string[]).includes(key));
    if (unknown !== undefined) throw new KdflowError("KDF_INPUT_FORMAT", `${place} has a key "${unknown}"`, { hint });
    const { path, label, split } = row as Partial<Record<(typeof columns)[number], unknown>>;
    return rowOf(place, path, label, split);
  });
}

function rowOf(place: string, path: unknown, label: unknown, split: unknown): ListRow {
  for (const [name, value] of [
    ["path", path],
    ["label", label],
  ] as const) {
    if (typeof value === "string" && value !== "") continue;
    throw new KdflowError("KDF_INPUT_FORMAT", `${place} has no text as its ${name}`);
  }
  if (split !== undefined && typeof split !== "string") {
    throw new KdflowError("KDF_INPUT_FORMAT", `${place} has no text as its split`);
  }
  return { place, path: path as string, label: label as string, split: splitOf(split, place) };
}

function splitOf(split: string | undefined, place: string): SplitName | undefined {
  const known = splitNames.find((name) => name === split);
  if (known !== undefined || split === undefined) return known;
  throw new KdflowError("KDF_INPUT_FORMAT", `${place} names the split "${split}"`, {
    hint: `splits are ${splitNames.join(", ")}`,
  });
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? "of an empty file" : names.map((name) => `"${name}"`).join(", ");
}
