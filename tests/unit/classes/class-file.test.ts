import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readClassFile } from "../../../core/classes/class-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-classes-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string): Promise<readonly string[]> {
  const path = join(folder, "names");
  await writeFile(path, text);
  return readClassFile(path);
}

describe("readClassFile", () => {
  it("reads lines, with either line end and a byte order mark, and JSON", async () => {
    expect(await read("\uFEFFcat\r\nsea lion\r\n")).toEqual(["cat", "sea lion"]);
    expect(await read('["cat", "sea lion"]')).toEqual(["cat", "sea lion"]);
  });

  it.each([
    ["cat\n\ndog\n", "a class without a name"],
    ["cat\ndog\ncat\n", 'the class "cat" twice'],
    ['["cat", 3]', "begins like a JSON array and is none of texts"],
    ["", "a class without a name"],
  ])("refuses %j", async (text, problem) => {
    await expect(read(text)).rejects.toMatchObject({
      code: "KDF_INPUT_FORMAT",
      message: expect.stringContaining(problem),
    });
  });

  it("names a file that is not there", async () => {
    await expect(readClassFile(join(folder, "none"))).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
  });
});
