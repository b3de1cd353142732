import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSchemaFile } from "../../../core/plugins/schema-file.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-schema-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: unknown): Promise<URL> {
  await writeFile(join(folder, name), JSON.stringify(content));
  return pathToFileURL(join(folder, name));
}

it("puts in definitions of another file, under what stands beside the reference", async () => {
  await write("shared.json", {
    $defs: { epochs: { type: "integer", description: "all" }, list: { items: { $ref: "shared.json#/$defs/epochs" } } },
  });
  const url = await write("own.json", {
    properties: {
      epochs: { $ref: "shared.json#/$defs/epochs", description: "own" },
      several: { $ref: "shared.json#/$defs/list" },
      local: { $ref: "#/$defs/x" },
    },
  });
  expect(await readSchemaFile(url)).toEqual({
    properties: {
      epochs: { type: "integer", description: "own" },
      several: { items: { type: "integer", description: "all" } },
      local: { $ref: "#/$defs/x" },
    },
  });
});

it("refuses a file or a definition that is not there", async () => {
  await write("shared.json", { $defs: {} });
  const nowhere = await write("nowhere.json", { items: { $ref: "missing.json#/$defs/x" } });
  const unknown = await write("unknown.json", { items: { $ref: "shared.json#/$defs/x" } });
  await expect(readSchemaFile(nowhere)).rejects.toThrow("missing.json");
  await expect(readSchemaFile(unknown)).rejects.toThrow("$defs/x is not there");
  await expect(readSchemaFile(await write("list.json", []))).rejects.toThrow("not an object");
});
