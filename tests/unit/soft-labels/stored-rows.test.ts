import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeArrowFile } from "../../../plugins/soft-labels/files/arrow-file.ts";
import type { RowLayout } from "../../../plugins/soft-labels/storing/rows.ts";
import { type RowFile, type RowPlace, StoredRows } from "../../../plugins/soft-labels/storing/stored-rows.ts";

const layout: RowLayout = { classes: 4, precision: "float32", topK: undefined };
const rowsPerFile = 8;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-rows-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Files whose value at (file, row, class) is file · 1000 + row · 10 + class. */
function writeFiles(count: number): Promise<RowFile[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, file) => {
      const path = join(folder, `${file}.arrow`);
      const values = Float32Array.from({ length: rowsPerFile * 4 }, (_value, at) => {
        return file * 1000 + Math.floor(at / 4) * 10 + (at % 4);
      });
      const bytes = await encodeArrowFile(
        rowsPerFile,
        [{ name: "logits", type: "float32", listSize: 4, values }],
        new Map(),
      );
      await writeFile(path, bytes);
      return { path, rows: rowsPerFile };
    }),
  );
}

const manyPlaces: RowPlace[] = Array.from({ length: 500 }, (_, at) => ({ file: (at * 37) % 90, row: (at * 5) % 8 }));

describe("stored rows", () => {
  it.each([
    ["in memory", undefined],
    ["by offset, with more files than are held open", 0],
  ])("come back in the order asked for, %s", async (_how, memory) => {
    const stored = new StoredRows(await writeFiles(90), layout, memory);
    const expected = manyPlaces.flatMap(({ file, row }) => [0, 1, 2, 3].map((index) => file * 1000 + row * 10 + index));
    const both = await Promise.all([stored.read(manyPlaces), stored.read(manyPlaces)]);
    for (const { values } of both) expect([...values]).toEqual(expected);
    await stored.close();
  });

  it("name a file that holds something else than was written", async () => {
    const [file] = await writeFiles(1);
    const path = file?.path ?? "";
    for (const wrong of [
      { ...layout, classes: 5 },
      { ...layout, precision: "float16" as const, classes: 8 },
    ]) {
      const stored = new StoredRows([{ path, rows: rowsPerFile }], wrong);
      await expect(stored.read([{ file: 0, row: 0 }])).rejects.toMatchObject({ code: "KDF_STORE_DAMAGED" });
    }
    const more = new StoredRows([{ path, rows: 9 }], layout);
    await expect(more.read([{ file: 0, row: 0 }])).rejects.toThrow("it has 8 rows, wanted 9");
  });

  it("are read once the missing file is back", async () => {
    const [file] = await writeFiles(1);
    const path = file?.path ?? "";
    await rm(path);
    const stored = new StoredRows([{ path, rows: rowsPerFile }], layout, 0);
    await expect(stored.read([{ file: 0, row: 1 }])).rejects.toMatchObject({ code: "KDF_STORE_DAMAGED" });
    await writeFiles(1);
    expect([...(await stored.read([{ file: 0, row: 1 }])).values]).toEqual([10, 11, 12, 13]);
    await stored.close();
  });
});
