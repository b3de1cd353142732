import type { FileHandle } from "node:fs/promises";
import type { ScorePlace } from "./label-file.ts";

export interface NpyLayout {
  /** Samples times views. */
  readonly rows: number;
  readonly classes: number;
  readonly views: number;
  readonly place: ScorePlace;
}

const types: Readonly<Record<string, ScorePlace["type"]>> = { "<f2": "float16", "<f4": "float32", "<f8": "float64" };

/**
 * Finds the numbers of a NumPy file `[samples, classes]` or `[samples, views, classes]`, little endian, in C order.
 *
 * @throws Error in plain words where the file is not such a file
 * @see NumPy, "NPY format", versions 1 to 3
 */
export async function readNpyLayout(handle: FileHandle): Promise<NpyLayout> {
  const start = Buffer.alloc(12);
  await handle.read(start, 0, 12, 0);
  const isFirst = start.readUInt8(6) === 1;
  const headerAt = isFirst ? 10 : 12;
  const headerBytes = isFirst ? start.readUInt16LE(8) : start.readUInt32LE(8);
  if (headerBytes > 65_536) throw new Error("its header has an impossible length");
  const bytes = Buffer.alloc(headerBytes);
  await handle.read(bytes, 0, headerBytes, headerAt);
  const header = bytes.toString("latin1");
  const descr = /'descr':\s*'([^']*)'/u.exec(header)?.[1] ?? "";
  const type = types[descr];
  if (type === undefined)
    throw new Error(`its numbers are "${descr}", not float16, float32 or float64 ("<f2", "<f4", "<f8")`);
  if (!/'fortran_order':\s*False/u.test(header))
    throw new Error("it is in Fortran order; save numpy.ascontiguousarray of it");
  const shape = [...(/'shape':\s*\(([^)]*)\)/u.exec(header)?.[1] ?? "").matchAll(/\d+/gu)].map(([size]) =>
    Number(size),
  );
  const [samples = 0, second = 0, third] = shape;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new Error(`its shape is [${shape.join(", ")}], not [samples, classes] or [samples, views, classes]`);
  }
  const views = third === undefined ? 1 : second;
  const classes = third ?? second;
  const offset = headerAt + headerBytes;
  const wanted = offset + samples * views * classes * { float16: 2, float32: 4, float64: 8 }[type];
  const { size } = await handle.stat();
  if (size < wanted) throw new Error(`it has ${size} bytes where its header asks for ${wanted}`);
  return { rows: samples * views, classes, views, place: { type, offset } };
}
