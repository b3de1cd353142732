import type { FileHandle } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";
import { eachAtOnce } from "../../data/photos/each-at-once.ts";
import { type ColumnPlace, readArrowLayout } from "../files/arrow-file.ts";
import { FileHandles } from "../files/file-handles.ts";
import { createColumns, type RowColumns, type RowLayout, valuesColumn } from "./rows.ts";

/** One file of rows. */
export interface RowFile {
  readonly path: string;
  readonly rows: number;
}

/** Where a row is. */
export interface RowPlace {
  readonly file: number;
  readonly row: number;
}

/** Stores up to this size are kept in memory once read; larger ones are read row by row. */
const memoryBytes = 64 * 2 ** 20;
const mostOpenFiles = 64;

type ColumnName = keyof RowColumns;
type Places = Readonly<Partial<Record<ColumnName, ColumnPlace>>>;
type Bytes = Readonly<Partial<Record<ColumnName, Uint8Array>>>;

/**
 * Rows in Arrow files, read by their offsets. A file's footer is read once, when a row of it is first wanted. Memory
 * stays flat: a store past `memory` bytes is never held, only its rows that were asked for.
 */
export class StoredRows {
  readonly #files: readonly RowFile[];
  readonly #layout: RowLayout;
  readonly #inMemory: boolean;
  readonly #handles: FileHandles = new FileHandles(mostOpenFiles);
  readonly #places: Map<number, Promise<Places>> = new Map();
  readonly #contents: Map<number, Promise<Bytes>> = new Map();

  constructor(files: readonly RowFile[], layout: RowLayout, memory: number = memoryBytes) {
    this.#files = files;
    this.#layout = layout;
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    this.#inMemory = rows * rowBytes(layout) <= memory;
  }

  /**
   * Reads rows as they are stored, in the order asked for.
   *
   * @throws KDF_STORE_DAMAGED naming the file that is cut or not what was written
   */
  async read(places: readonly RowPlace[]): Promise<RowColumns> {
    const columns = createColumns(places.length, this.#layout);
    const targets = byteViews(columns);
    if (this.#inMemory) await this.#copyRows(places, targets);
    else await this.#readRows(places, targets);
    return columns;
  }

  close(): Promise<void> {
    this.#contents.clear();
    return this.#handles.close();
  }

  async #copyRows(places: readonly RowPlace[], targets: Bytes): Promise<void> {
    const contents = new Map<number, Bytes>();
    for (const { file } of places) {
      if (!contents.has(file)) contents.set(file, await remembered(this.#contents, file, () => this.#load(file)));
    }
    for (const [name, target] of entriesOf(targets)) {
      const width = target.length / places.length;
      for (const [place, { file, row }] of places.entries()) {
        const source = contents.get(file)?.[name];
        if (source !== undefined) target.set(source.subarray(row * width, (row + 1) * width), place * width);
      }
    }
  }

  async #readRows(places: readonly RowPlace[], targets: Bytes): Promise<void> {
    await eachAtOnce(places, async ({ file, row }, place) => {
      const columns = await this.#placesIn(file);
      await this.#use(file, async (handle) => {
        for (const [name, target] of entriesOf(targets)) {
          const column = columns[name];
          if (column === undefined) continue;
          const { offset, rowBytes: width } = column;
          await readInto(handle, target.subarray(place * width, (place + 1) * width), offset + row * width);
        }
      });
    });
  }

  async #load(file: number): Promise<Bytes> {
    const columns = await this.#placesIn(file);
    const contents: Partial<Record<ColumnName, Uint8Array>> = {};
    await this.#use(file, async (handle) => {
      for (const [name, column] of entriesOf(columns)) {
        const bytes = new Uint8Array(column.rowBytes * this.#file(file).rows);
        await readInto(handle, bytes, column.offset);
        contents[name] = bytes;
      }
    });
    return contents;
  }

  #placesIn(file: number): Promise<Places> {
    return remembered(this.#places, file, async () => {
      const { path, rows } = this.#file(file);
      try {
        const arrow = await readArrowLayout(path);
        if (arrow.rows !== rows) throw new Error(`it has ${arrow.rows} rows, wanted ${rows}`);
        return placesOf(arrow.columns, this.#layout);
      } catch (cause) {
        throw damaged(path, cause);
      }
    });
  }

  #file(file: number): RowFile {
    const found = this.#files[file];
    if (found === undefined) throw new KdflowError("KDF_INTERNAL", `there is no shard ${file}`);
    return found;
  }

  async #use<T>(file: number, use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const { path } = this.#file(file);
    try {
      return await this.#handles.use(path, use);
    } catch (cause) {
      throw damaged(path, cause);
    }
  }
}

/** The error for a stored file that cannot be read as what was written. */
export function damaged(path: string, cause: unknown): KdflowError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new KdflowError("KDF_STORE_DAMAGED", `soft labels in "${path}" cannot be read: ${why}`, {
    hint: "run `kdflow cache verify`: it sets damaged files aside, and the next run computes only those again",
    cause,
  });
}

function rowBytes(layout: RowLayout): number {
  return entriesOf(byteViews(createColumns(1, layout))).reduce((sum, [, bytes]) => sum + bytes.length, 0);
}

/** Finds the columns of a layout and checks their types and widths. */
function placesOf(columns: Readonly<Record<string, ColumnPlace>>, layout: RowLayout): Places {
  const places: Partial<Record<ColumnName, ColumnPlace>> = {};
  for (const [name, bytes] of entriesOf(byteViews(createColumns(1, layout)))) {
    const stored = name === "values" ? valuesColumn(layout) : name;
    const column = columns[stored];
    if (column === undefined || column.rowBytes !== bytes.length)
      throw new Error(`its column "${stored}" does not fit`);
    if (name === "values" && column.type !== layout.precision) throw new Error(`its logits are ${column.type}`);
    places[name] = column;
  }
  return places;
}

function byteViews(columns: Partial<Record<ColumnName, Uint16Array | Int32Array | Float32Array>>): Bytes {
  const views: Partial<Record<ColumnName, Uint8Array>> = {};
  for (const [name, array] of entriesOf(columns)) {
    views[name] = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  }
  return views;
}

function entriesOf<T>(record: { readonly [Name in ColumnName]?: T | undefined }): [ColumnName, T][] {
  const entries: [ColumnName, T][] = [];
  for (const name of ["values", "indices", "residual"] as const) {
    const value = record[name];
    if (value !== undefined) entries.push([name, value]);
  }
  return entries;
}

export async function readInto(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
  if (bytesRead < bytes.length) throw new Error("it ends too early");
}

/** The promise kept under `key`, made at the first call; a failure is not kept. */
export function remembered<K, T>(kept: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const found = kept.get(key);
  if (found !== undefined) return found;
  const made = make().catch((error: unknown) => {
    kept.delete(key);
    throw error;
  });
  kept.set(key, made);
  return made;
}
