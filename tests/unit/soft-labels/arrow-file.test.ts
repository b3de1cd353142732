import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CompressionType,
  compressionRegistry,
  Field,
  Float32,
  Int32,
  List,
  Message,
  RecordBatchFileWriter,
  RecordBatchReader,
  Table,
  tableFromIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Column, encodeArrowFile, readArrowLayout } from "../../../plugins/soft-labels/files/arrow-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-arrow-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const columns: Column[] = [
  { name: "sample", type: "uint32", values: Uint32Array.of(7, 8, 9) },
  { name: "view", type: "uint16", values: Uint16Array.of(0, 1, 0) },
  { name: "logits", type: "float16", listSize: 2, values: Uint16Array.of(0x3c00, 0xc000, 0, 1, 2, 3) },
  { name: "indices", type: "int32", listSize: 2, values: Int32Array.of(1, 0, 70_000, 1, 0, 1) },
  { name: "residual", type: "float32", values: Float32Array.of(0.25, 0.5, 0.75) },
];
const metadata = new Map([
  ["kdflow.format", "1"],
  ["kdflow.teacher", "abc"],
]);

describe("an Arrow file", () => {
  it("is read by the Arrow library's own reader", async () => {
    const table = tableFromIPC(await encodeArrowFile(3, columns, metadata));
    expect(table.numRows).toBe(3);
    expect([...table.schema.metadata]).toEqual([...metadata]);
    expect(table.getChild("sample")?.toArray()).toEqual(Uint32Array.of(7, 8, 9));
    expect([...(table.getChild("indices")?.get(1) ?? [])]).toEqual([70_000, 1]);
    expect(table.getChild("logits")?.get(0).get(1)).toBe(-2);
    expect(table.schema.fields.map((field) => String(field))).toEqual([
      "sample: Uint32",
      "view: Uint16",
      "logits: FixedSizeList[2]<Float16>",
      "indices: FixedSizeList[2]<Int32>",
      "residual: Float32",
    ]);
  });

  it("holds a whole stream after the magic, schema first, for readers that stream it", async () => {
    const bytes = await encodeArrowFile(3, columns, metadata);
    const first = Message.decode(bytes.subarray(16, 16 + Buffer.from(bytes).readInt32LE(12)));
    expect(first.isSchema()).toBe(true);
    const stream = RecordBatchReader.from(bytes.subarray(8));
    expect([...stream].map((batch) => batch.numRows)).toEqual([3]);
  });

  it("has the same bytes when written again", async () => {
    expect(await encodeArrowFile(3, columns, metadata)).toEqual(await encodeArrowFile(3, columns, metadata));
  });

  it("tells where each row's numbers stand", async () => {
    const path = join(folder, "a.arrow");
    await writeFile(path, await encodeArrowFile(3, columns, metadata));
    const layout = await readArrowLayout(path);
    const bytes = await readFile(path);
    expect(layout.rows).toBe(3);
    expect(layout.metadata.get("kdflow.teacher")).toBe("abc");
    const { sample, logits, residual } = layout.columns;
    expect(bytes.readUInt32LE((sample?.offset ?? 0) + 2 * (sample?.rowBytes ?? 0))).toBe(9);
    expect(bytes.readUInt16LE((logits?.offset ?? 0) + 2 * (logits?.rowBytes ?? 0))).toBe(2);
    expect(bytes.readFloatLE((residual?.offset ?? 0) + (residual?.rowBytes ?? 0))).toBe(0.5);
  });

  it("is refused when it is cut anywhere", async () => {
    const path = join(folder, "a.arrow");
    const bytes = await encodeArrowFile(3, columns, metadata);
    await writeFile(path, bytes);
    for (let length = bytes.length - 1; length >= 0; length -= 13) {
      await truncate(path, length);
      await expect(readArrowLayout(path)).rejects.toThrow();
    }
  });
});

describe("an Arrow file with one wrong byte", () => {
  it("is read, or refused in plain words, wherever the byte lies behind the numbers, without taking memory", async () => {
    const whole = Buffer.from(await encodeArrowFile(3, columns, metadata));
    const footerBytes = whole.readInt32LE(whole.length - 10);
    const path = join(folder, "flipped.arrow");
    const before = process.memoryUsage().rss;
    let refused = 0;
    for (let at = whole.length - 10 - footerBytes; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      await writeFile(path, bytes);
      await readArrowLayout(path).catch((error: unknown) => {
        expect(error).toBeInstanceOf(Error);
        refused++;
      });
    }
    expect(refused).toBeGreaterThan(20);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });
});

describe("an Arrow file of another program", () => {
  const written = async (table: Table, compressionType: CompressionType | null = null): Promise<string> => {
    const path = join(folder, "theirs.arrow");
    await writeFile(path, await new RecordBatchFileWriter({ compressionType }).writeAll(table).toUint8Array());
    return path;
  };

  it("with nulls is refused, for they would be read as 0", async () => {
    const table = new Table({ logits: vectorFromArray([1, null, 3], new Int32()) });
    await expect(readArrowLayout(await written(table))).rejects.toThrow("it has nulls");
  });

  it("with a column that is no numbers, or with lists of any length, is refused by the column's name", async () => {
    const texts = new Table({ file: vectorFromArray(["cat/0.bmp", "dog/0.bmp"], new Utf8()) });
    await expect(readArrowLayout(await written(texts))).rejects.toThrow(
      'its column "file" is of type Utf8; leave it out',
    );
    const lists = new Table({ logits: vectorFromArray([[1, 2], [3]], new List(new Field("item", new Float32()))) });
    await expect(readArrowLayout(await written(lists))).rejects.toThrow('its column "logits" has lists of any length');
  });

  it("with compressed numbers, as pyarrow writes them by default, is refused with what to write instead", async () => {
    // Frames of LZ4 whose content stands as it is; only their header matters here.
    const head = Buffer.from("04224d18604082", "hex");
    const encode = (bytes: Uint8Array): Uint8Array => Buffer.concat([head, bytes]);
    compressionRegistry.set(CompressionType.LZ4_FRAME, { encode, decode: (bytes) => bytes.subarray(head.length) });
    const table = new Table({ logits: vectorFromArray([1, 2, 3], new Int32()) });
    const path = await written(table, CompressionType.LZ4_FRAME);
    await expect(readArrowLayout(path)).rejects.toThrow('is compressed; write it with compression="uncompressed"');
  });
});
