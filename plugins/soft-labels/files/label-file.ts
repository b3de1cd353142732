import { type FileHandle, open } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";
import { type ArrowLayout, type ColumnPlace, readArrowLayout } from "./arrow-file.ts";
import { fromFloat16 } from "./float16.ts";
import { readNpyLayout } from "./npy-file.ts";

/** A file of scores made elsewhere, opened. */
export interface LabelFile {
  readonly path: string;
  readonly rows: number;
  readonly classes: number;
  /** Views of each sample, where the file's shape says so. */
  readonly views: number | undefined;
  /** Names in the file's metadata. */
  readonly classNames: readonly string[] | undefined;
  /** Which sample and view each row is of, where columns say so: sample numbers, or digests of records in hex. */
  readonly sample: readonly number[] | undefined;
  readonly digest: readonly string[] | undefined;
  readonly view: readonly number[] | undefined;
  /** Scores of some rows, `[rows.length, classes]`. */
  read(rows: readonly number[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Where scores stand: row r begins at `offset + r · classes · bytes`. */
export interface ScorePlace {
  readonly type: "float16" | "float32" | "float64";
  readonly offset: number;
}

const bytesOf = { float16: 2, float32: 4, float64: 8 } as const;

/**
 * Opens an Arrow or NumPy file of scores.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT
 */
export async function openLabelFile(path: string): Promise<LabelFile> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `cannot read "${path}"`, {
      hint: "`file` is relative to the pipeline file",
      cause,
    });
  });
  try {
    const start = Buffer.alloc(6);
    await handle.read(start, 0, 6, 0);
    if (start.equals(Buffer.from("\x93NUMPY", "latin1"))) {
      const { rows, classes, views, place } = await readNpyLayout(handle);
      const none = { classNames: undefined, sample: undefined, digest: undefined, view: undefined };
      return { path, rows, classes, views, ...none, ...reader(handle, classes, place) };
    }
    if (start.equals(Buffer.from("ARROW1"))) return await openArrow(path, handle);
    throw new Error("it is neither an Arrow IPC file nor a NumPy file");
  } catch (cause) {
    await handle.close();
    throw new KdflowError("KDF_INPUT_FORMAT", `soft labels in "${path}" cannot be read: ${(cause as Error).message}`, {
      hint: [
        "docs/soft-labels.md describes both formats and how to write them from Python",
        ...(/\.json$/i.test(path) ? ["a detector's boxes in COCO's results JSON are read by `import-detections`"] : []),
      ],
      cause,
    });
  }
}

async function openArrow(path: string, handle: FileHandle): Promise<LabelFile> {
  const layout = await readArrowLayout(path);
  const { rows, columns, metadata } = layout;
  const scores = columns["logits"] ?? columns["probabilities"];
  if (scores === undefined) throw new Error('it has no column "logits" or "probabilities"');
  if (scores.type !== "float16" && scores.type !== "float32") throw new Error(`its scores are ${scores.type}`);
  const { type, listSize, offset } = scores;
  const names: unknown = JSON.parse(metadata.get("kdflow.classes") ?? "null");
  const digest = columns["digest"];
  if (digest !== undefined && (digest.type !== "uint8" || digest.listSize !== 32)) {
    throw new Error('its column "digest" is not of 32 bytes');
  }
  return {
    path,
    rows,
    classes: listSize,
    views: undefined,
    classNames: Array.isArray(names) ? names.map(String) : undefined,
    sample: await integers(handle, layout, "sample"),
    view: await integers(handle, layout, "view"),
    digest: digest === undefined ? undefined : await digests(handle, digest, rows),
    ...reader(handle, listSize, { type, offset }),
  };
}

async function integers(
  handle: FileHandle,
  { columns, rows }: ArrowLayout,
  name: string,
): Promise<readonly number[] | undefined> {
  const column = columns[name];
  if (column === undefined) return undefined;
  const { type, listSize } = column;
  if (listSize !== 1 || type === "float16" || type === "float32")
    throw new Error(`its column "${name}" holds no integers`);
  const bytes = await readBytes(handle, column, rows);
  if (type === "uint8") return [...bytes];
  return Array.from({ length: rows }, (_, row) =>
    type === "uint16"
      ? bytes.readUInt16LE(row * 2)
      : type === "uint32"
        ? bytes.readUInt32LE(row * 4)
        : bytes.readInt32LE(row * 4),
  );
}

async function digests(handle: FileHandle, column: ColumnPlace, rows: number): Promise<readonly string[]> {
  const bytes = await readBytes(handle, column, rows);
  return Array.from({ length: rows }, (_, row) => bytes.toString("hex", row * 32, (row + 1) * 32));
}

async function readBytes(handle: FileHandle, { offset, rowBytes }: ColumnPlace, rows: number): Promise<Buffer> {
  const bytes = Buffer.alloc(rows * rowBytes);
  await handle.read(bytes, 0, bytes.length, offset);
  return bytes;
}

function reader(handle: FileHandle, classes: number, { type, offset }: ScorePlace): Pick<LabelFile, "read" | "close"> {
  const rowBytes = classes * bytesOf[type];
  return {
    async read(rows) {
      const out = new Float32Array(rows.length * classes);
      const bytes = Buffer.alloc(rowBytes);
      for (const [place, row] of rows.entries()) {
        await handle.read(bytes, 0, rowBytes, offset + row * rowBytes);
        for (let c = 0; c < classes; c++) out[place * classes + c] = numberAt(bytes, type, c);
      }
      return out;
    },
    close: () => handle.close(),
  };
}

function numberAt(bytes: Buffer, type: ScorePlace["type"], place: number): number {
  if (type === "float32") return bytes.readFloatLE(place * 4);
  return type === "float64" ? bytes.readDoubleLE(place * 8) : fromFloat16(bytes.readUInt16LE(place * 2));
}
