import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkIdx, readIdxImages, readIdxLabels } from "../../../plugins/data/mnist/idx.ts";
import { idxBytes } from "../../support/mnist.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-idx-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(bytes: Uint8Array): Promise<string> {
  const path = join(folder, "some.idx");
  await writeFile(path, bytes);
  return path;
}

const images = idxBytes([0x803, 3, 2, 2], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
const labels = idxBytes([0x801, 3], Uint8Array.of(4, 0, 9));

describe.each([
  ["plain", (bytes: Buffer): Buffer => bytes],
  ["gzipped", (bytes: Buffer): Buffer => gzipSync(bytes)],
])("a %s IDX file", (_form, pack) => {
  it("gives images, all or the first ones", async () => {
    const path = await file(pack(images));
    expect(await checkIdx(path, "images")).toEqual({ count: 3, height: 2, width: 2 });
    expect([...(await readIdxImages(path))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect([...(await readIdxImages(path, 2))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await readIdxImages(path, 100)).toHaveLength(12);
  });

  it("gives labels and refuses those outside the classes", async () => {
    const path = await file(pack(labels));
    expect([...(await readIdxLabels(path, 10))]).toEqual([4, 0, 9]);
    await expect(readIdxLabels(path, 9)).rejects.toMatchObject({
      code: "KDF_INPUT_CLASSES",
      message: `record 2 of "${path}" has the label 9`,
      hint: ["labels are 0 … 8"],
    });
  });

  it("says which magic number it got and wanted", async () => {
    const path = await file(pack(labels));
    await expect(checkIdx(path, "images")).rejects.toMatchObject({
      code: "KDF_INPUT_FORMAT",
      message: `"${path}" starts with the magic number 0x00000801`,
      hint: ["IDX images start with 0x00000803", "this is a file of labels; are two files swapped?"],
    });
  });

  it.each([
    ["shorter", images.subarray(0, 20), 20],
    ["longer", Buffer.concat([images, Buffer.alloc(5)]), 33],
  ])("that is %s than its header says is refused with both lengths", async (_how, bytes, got) => {
    const path = await file(pack(bytes));
    const problem = { code: "KDF_INPUT_TRUNCATED", message: `"${path}" has ${got} bytes, wanted 28 for 3 images` };
    await expect(checkIdx(path, "images")).rejects.toMatchObject(problem);
    await expect(readIdxImages(path)).rejects.toMatchObject(problem);
  });

  it("that ends inside its header is refused", async () => {
    const path = await file(pack(images.subarray(0, 9)));
    await expect(checkIdx(path, "images")).rejects.toMatchObject({ code: "KDF_INPUT_TRUNCATED" });
  });
});

describe("a broken file", () => {
  it("that is cut after packing is refused while planning", async () => {
    const packed = gzipSync(images);
    for (let length = 2; length < packed.length; length += 3) {
      const path = await file(packed.subarray(0, length));
      await expect(checkIdx(path, "images"), `length ${length}`).rejects.toMatchObject({ code: "KDF_INPUT_TRUNCATED" });
    }
  });

  it("that is no sound gzip is refused", async () => {
    const packed = gzipSync(images);
    packed[12] = 0xff;
    await expect(checkIdx(await file(packed), "images")).rejects.toMatchObject({ code: "KDF_INPUT_FORMAT" });
  });

  it("that is empty or missing is refused", async () => {
    const path = await file(new Uint8Array());
    await expect(checkIdx(path, "labels")).rejects.toMatchObject({ code: "KDF_INPUT_TRUNCATED" });
    await expect(checkIdx(`${path}.gone`, "labels")).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
  });
});
