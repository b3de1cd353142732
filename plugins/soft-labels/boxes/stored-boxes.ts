import type { FileHandle } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";
import { type ColumnPlace, readArrowLayout } from "../files/arrow-file.ts";
import { FileHandles } from "../files/file-handles.ts";
import { damaged, readInto, remembered } from "../storing/stored-rows.ts";
import { type BoxColumns, type BoxLayout, createBoxColumns } from "./box-columns.ts";

/** A shard's file, and the rows of each of its photos, or of each view of these. */
export interface BoxFile {
  readonly path: string;
  readonly rows: number;
  /** Place of its first photo or view among all. */
  readonly first: number;
  readonly counts: readonly number[];
}

type Places = ReadonlyMap<string, ColumnPlace>;

const mostOpenFiles = 64;

/** Rows of photos in Arrow files, read by their offsets; memory holds what was asked for alone. */
export class StoredBoxes {
  readonly #files: readonly BoxFile[];
  readonly #starts: readonly Uint32Array[];
  readonly #layout: BoxLayout;
  readonly #handles: FileHandles = new FileHandles(mostOpenFiles);
  readonly #places: Map<number, Promise<Places>> = new Map();

  constructor(files: readonly BoxFile[], layout: BoxLayout) {
    this.#files = files;
    this.#layout = layout;
    this.#starts = files.map(({ counts }) => {
      const starts = new Uint32Array(counts.length + 1);
      counts.forEach((count, place) => {
        starts[place + 1] = (starts[place] ?? 0) + count;
      });
      return starts;
    });
  }

  /**
   * All rows of one photo, or of one view of it, as they are stored.
   *
   * @throws KDF_STORE_DAMAGED naming the file that is cut or not what was written
   */
  async read(sample: number): Promise<BoxColumns> {
    const at = this.#files.findIndex(({ first, counts }) => sample >= first && sample < first + counts.length);
    const [file, starts] = [this.#files[at], this.#starts[at]];
    if (file === undefined || starts === undefined) {
      throw new KdflowError("KDF_INTERNAL", `there are no soft labels of sample ${sample}`);
    }
    const place = sample - file.first;
    const start = starts[place] ?? 0;
    const columns = createBoxColumns((starts[place + 1] ?? 0) - start, this.#layout);
    try {
      const places = await remembered(this.#places, at, () => placesIn(file, this.#layout));
      await this.#handles.use(file.path, (handle) => readColumns(handle, places, columns, start));
    } catch (cause) {
      throw damaged(file.path, cause);
    }
    return columns;
  }

  close(): Promise<void> {
    return this.#handles.close();
  }
}

async function readColumns(handle: FileHandle, places: Places, columns: BoxColumns, start: number): Promise<void> {
  for (const [name, { buffer, byteOffset, byteLength }] of arraysOf(columns)) {
    const column = places.get(name);
    if (column === undefined || byteLength === 0) continue;
    await readInto(handle, new Uint8Array(buffer, byteOffset, byteLength), column.offset + start * column.rowBytes);
  }
}

/** Finds the columns of a layout and checks their widths. */
async function placesIn({ path, rows, counts }: BoxFile, layout: BoxLayout): Promise<Places> {
  const arrow = await readArrowLayout(path);
  const wanted = counts.reduce((sum, count) => sum + count, 0);
  if (arrow.rows !== rows || wanted !== rows) throw new Error(`it has ${arrow.rows} rows, wanted ${wanted}`);
  const places = new Map<string, ColumnPlace>();
  for (const [name, { byteLength }] of arraysOf(createBoxColumns(1, layout))) {
    const stored = name === "values" && layout.topK === undefined ? "logits" : name;
    const column = arrow.columns[stored];
    if (column === undefined || column.rowBytes !== byteLength) throw new Error(`its column "${stored}" does not fit`);
    places.set(name, column);
  }
  return places;
}

function arraysOf(columns: BoxColumns): [string, Uint16Array | Int32Array | Float32Array][] {
  return Object.entries(columns);
}
