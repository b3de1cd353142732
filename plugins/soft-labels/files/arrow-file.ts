import { type FileHandle, open } from "node:fs/promises";
import type { Data, DataType, Field, Schema, TypeMap } from "apache-arrow";
import { assertInside, batchMessage, footerTable } from "./flatbuffer-check.ts";

/** The numbers of a column; float16 as bits. */
export type ColumnNumbers =
  | { readonly type: "uint16" | "float16"; readonly values: Uint16Array }
  | { readonly type: "uint8"; readonly values: Uint8Array }
  | { readonly type: "uint32"; readonly values: Uint32Array }
  | { readonly type: "int32"; readonly values: Int32Array }
  | { readonly type: "float32"; readonly values: Float32Array };

export type ColumnType = ColumnNumbers["type"];

/** A column of plain numbers, or of lists of `listSize` numbers in each row. No nulls. */
export type Column = ColumnNumbers & { readonly name: string; readonly listSize?: number };

/** Where the numbers of a column stand in its file: row r starts at `offset + r · rowBytes`. */
export interface ColumnPlace {
  readonly type: ColumnType;
  readonly listSize: number;
  readonly offset: number;
  readonly rowBytes: number;
}

export interface ArrowLayout {
  readonly rows: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly columns: Readonly<Record<string, ColumnPlace>>;
}

const magic = Buffer.from("ARROW1");
const bytesOf: Readonly<Record<ColumnType, number>> = {
  uint8: 1,
  uint16: 2,
  uint32: 4,
  int32: 4,
  float16: 2,
  float32: 4,
};

/** The library is large; it is imported when soft labels are first written or opened. */
const arrowLibrary = (): Promise<typeof import("apache-arrow")> => import("apache-arrow");
const arrowFooters = (): Promise<typeof import("apache-arrow/ipc/metadata/file")> =>
  import("apache-arrow/ipc/metadata/file");

/**
 * The bytes of an Arrow IPC file with one uncompressed record batch. The same columns and metadata always give the
 * same bytes.
 *
 * The library's own file writer leaves out the schema message, which readers that stream a file need; so its stream
 * is framed here, as the format describes: magic, stream, footer, footer length, magic.
 *
 * @see Apache Arrow, "Columnar Format", IPC File Format
 */
export async function encodeArrowFile(
  rows: number,
  columns: readonly Column[],
  metadata: ReadonlyMap<string, string>,
): Promise<Uint8Array> {
  const arrow = await arrowLibrary();
  const { FileBlock, Footer } = await arrowFooters();
  const children = columns.map((column) => {
    const numbers = makeNumbers(arrow, column);
    if (column.listSize === undefined) return numbers;
    const type = new arrow.FixedSizeList(column.listSize, new arrow.Field("item", numbers.type, false));
    return arrow.makeData({ type, length: rows, nullCount: 0, child: numbers });
  });
  const fields = columns.map(
    ({ name }, place) => new arrow.Field(name, children[place]?.type ?? new arrow.Null(), false),
  );
  const schema: Schema<TypeMap> = new arrow.Schema(fields, new Map(metadata));
  const data = arrow.makeData({ type: new arrow.Struct(fields), length: rows, nullCount: 0, children });
  const table = new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]);
  const stream = Buffer.from(arrow.tableToIPC(table, "stream"));

  // Each message: 4 bytes of ones, 4 bytes of metadata length, metadata, body; at the end 4 bytes of ones, 4 of zeros.
  const batchStart = 8 + stream.readInt32LE(4);
  const batchHeadBytes = 8 + stream.readInt32LE(batchStart + 4);
  const bodyBytes = stream.length - 8 - batchStart - batchHeadBytes;
  const block = new FileBlock(batchHeadBytes, bodyBytes, 8 + batchStart);
  const footer = Footer.encode(new Footer(schema, arrow.MetadataVersion.V5, [block], []));
  const footerLength = Buffer.alloc(4);
  footerLength.writeInt32LE(footer.length);
  return Buffer.concat([magic, Buffer.alloc(2), stream, footer, footerLength, magic]);
}

type ArrowLibrary = Awaited<ReturnType<typeof arrowLibrary>>;

function makeNumbers(arrow: ArrowLibrary, column: ColumnNumbers): Data<DataType> {
  const { length } = column.values;
  switch (column.type) {
    case "uint8":
      return arrow.makeData({ type: new arrow.Uint8(), length, nullCount: 0, data: column.values });
    case "uint16":
      return arrow.makeData({ type: new arrow.Uint16(), length, nullCount: 0, data: column.values });
    case "float16":
      return arrow.makeData({ type: new arrow.Float16(), length, nullCount: 0, data: column.values });
    case "uint32":
      return arrow.makeData({ type: new arrow.Uint32(), length, nullCount: 0, data: column.values });
    case "int32":
      return arrow.makeData({ type: new arrow.Int32(), length, nullCount: 0, data: column.values });
    case "float32":
      return arrow.makeData({ type: new arrow.Float32(), length, nullCount: 0, data: column.values });
  }
}

/**
 * Finds the columns of an Arrow IPC file with one uncompressed record batch of fixed-width columns without nulls.
 *
 * @throws Error in plain words where the file is not such a file
 */
export async function readArrowLayout(path: string): Promise<ArrowLayout> {
  const arrow = await arrowLibrary();
  const { Footer } = await arrowFooters();
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await readExactly(file, Math.max(0, size - 10), Math.min(10, size));
    if (tail.length < 10 || !tail.subarray(4).equals(magic)) throw new Error("it does not end like an Arrow file");
    const footerBytes = tail.readInt32LE(0);
    if (footerBytes <= 0 || footerBytes > size - 18) throw new Error("its footer has an impossible length");
    const footer = Footer.decode(checked(await readExactly(file, size - 10 - footerBytes, footerBytes), footerTable));
    const block = footer.getRecordBatch(0);
    if (block === null || footer.numRecordBatches !== 1) throw new Error("it has not exactly one record batch");
    const end = size - 10 - footerBytes;
    const inside = [block.offset, block.metaDataLength, block.bodyLength].every((each) => each >= 0 && each <= end);
    if (!inside || block.metaDataLength < 8) throw new Error("its footer places the record batch outside the file");
    const head = await readExactly(file, block.offset, block.metaDataLength);
    const message = arrow.Message.decode(checked(head.subarray(8), batchMessage));
    if (!message.isRecordBatch()) throw new Error("its first block is no record batch");
    const bodyStart = block.offset + block.metaDataLength;
    if (bodyStart + block.bodyLength > end) throw new Error("its record batch reaches past its end");
    const { length: rows, buffers, nodes, compression } = message.header();
    if (compression !== null && compression !== undefined) {
      throw new Error('its record batch is compressed; write it with compression="uncompressed"');
    }
    if (nodes.some(({ nullCount }) => Number(nullCount) > 0))
      throw new Error("it has nulls; give every row its numbers");
    const columns = placeColumns(footer.schema.fields, buffers, rows, bodyStart);
    return { rows, metadata: footer.schema.metadata, columns };
  } finally {
    await file.close();
  }
}

/** The bytes, once everything in them is known to lie inside. */
function checked(bytes: Uint8Array, root: typeof footerTable): Uint8Array {
  try {
    assertInside(bytes, root);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new Error("its footer is damaged: a length or place in it cannot be", { cause });
    throw cause;
  }
  return bytes;
}

/** Buffers come in the order of the fields: a validity buffer for each, then the numbers of those that hold some. */
function placeColumns(
  fields: readonly Field[],
  buffers: readonly { readonly offset: number; readonly length: number }[],
  rows: number,
  bodyStart: number,
): Record<string, ColumnPlace> {
  const columns: Record<string, ColumnPlace> = {};
  let next = 0;
  for (const { name, type } of fields) {
    const children: readonly Field[] = type.children ?? [];
    const item = children[0];
    const binaryBytes = item === undefined && "byteWidth" in type ? Number(type.byteWidth) : undefined;
    const listSize = item === undefined ? (binaryBytes ?? 1) : Number("listSize" in type ? type.listSize : 0);
    if (listSize === 0) throw new Error(`its column "${name}" has lists of any length; write lists of a fixed size`);
    const numbers = binaryBytes === undefined ? columnType(String(item?.type ?? type), name) : "uint8";
    const buffer = buffers[next + (item === undefined ? 1 : 2)];
    next += item === undefined ? 2 : 3;
    const rowBytes = bytesOf[numbers] * listSize;
    if (buffer === undefined || buffer.length < rows * rowBytes) throw new Error(`its column "${name}" is too short`);
    columns[name] = { type: numbers, listSize, offset: bodyStart + buffer.offset, rowBytes };
  }
  return columns;
}

/** @param name the library's text for a type, such as `Uint16` */
function columnType(name: string, column: string): ColumnType {
  const type = name.toLowerCase();
  const known = ["uint8", "uint16", "uint32", "int32", "float16", "float32"] as const;
  const found = known.find((each) => type === each);
  if (found !== undefined) return found;
  throw new Error(`its column "${column}" is of type ${name}; leave it out, or write ${known.join(", ")}`);
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead < length) throw new Error("it ends too early");
  return bytes;
}
